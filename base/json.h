/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * JSON for programs that read what a verb has to say.  A library of its own: what starts apps is not linked with it.
 */
#pragma once

#include <json-glib/json-glib.h>

/* `value` NULL: null. */
void json_add_string (JsonBuilder *builder, const char *name, const char *value);
void json_add_integer (JsonBuilder *builder, const char *name, gint64 value);
void json_add_boolean (JsonBuilder *builder, const char *name, gboolean value);
/* A list of texts; `values` NULL: an empty one. */
void json_add_strings (JsonBuilder *builder, const char *name, char *const *values);
/* The whole document to stdout, indented, with a newline. */
void json_print (JsonBuilder *builder);
