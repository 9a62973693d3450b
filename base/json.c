/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/json.h"

#include <stdio.h>

/* Names of files may be any bytes, JSON is UTF-8. */
static void
add_value (JsonBuilder *builder, const char *value)
{
  g_autofree char *valid = g_utf8_make_valid (value, -1);

  json_builder_add_string_value (builder, valid);
}

void
json_add_string (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  if (value == NULL)
    json_builder_add_null_value (builder);
  else
    add_value (builder, value);
}

void
json_add_integer (JsonBuilder *builder, const char *name, gint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

void
json_add_boolean (JsonBuilder *builder, const char *name, gboolean value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_boolean_value (builder, value);
}

void
json_add_strings (JsonBuilder *builder, const char *name, char *const *values)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_array (builder);
  for (; values != NULL && *values != NULL; values++)
    add_value (builder, *values);
  json_builder_end_array (builder);
}

char *
json_to_text (JsonBuilder *builder)
{
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = json_builder_get_root (builder);

  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);
  g_autofree char *text = json_generator_to_data (generator, NULL);
  return g_strconcat (text, "\n", NULL);
}

void
json_print (JsonBuilder *builder)
{
  g_autofree char *text = json_to_text (builder);

  fputs (text, stdout);
}
