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
/* The whole document, indented, with a newline at the end.  Caller frees. */
char *json_to_text (JsonBuilder *builder);
/* The same to stdout. */
void json_print (JsonBuilder *builder);
