/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

/* `value` NULL: null. */
void json_add_string (JsonBuilder *builder, const char *name, const char *value);
void json_add_integer (JsonBuilder *builder, const char *name, gint64 value);
void json_add_boolean (JsonBuilder *builder, const char *name, gboolean value);
/* The whole document to stdout, indented, with a newline. */
void json_print (JsonBuilder *builder);
