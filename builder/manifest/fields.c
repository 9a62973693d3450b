/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/manifest/fields.h"

#include "base/verb.h"

const Field *
field_find (const FieldTable *table, const char *key, guint scope)
{
  const Field *found = NULL;

  for (const Field *field = table->fields; field->key != NULL; field++)
    if (g_str_equal (field->key, key))
      {
        if (field->scope == 0 || (field->scope & scope) != 0)
          return field;
        found = field;
      }
  return found;
}

const char *
field_suggest (const FieldTable *table, const char *word, guint scope)
{
  g_autoptr (GPtrArray) keys = g_ptr_array_new ();

  for (const Field *field = table->fields; field->key != NULL; field++)
    if (field->scope == 0 || (field->scope & scope) != 0)
      g_ptr_array_add (keys, (gpointer) field->key);
  g_ptr_array_add (keys, NULL);
  return verb_suggest (word, (const char *const *) keys->pdata);
}

const SourceType *
source_type_find (const char *name)
{
  for (const SourceType *type = source_types; type->name != NULL; type++)
    if (g_str_equal (type->name, name))
      return type;
  return NULL;
}

char *
source_types_with (const char *key)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (gsize i = 0; source_types[i].name != NULL; i++)
    {
      const Field *field = field_find (&source_fields, key, source_types[i].bit);

      if (field != NULL && (field->scope & source_types[i].bit) != 0)
        g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", source_types[i].name);
    }
  return g_string_free (g_steal_pointer (&names), FALSE);
}

const char *
source_type_suggest (const char *word)
{
  const char *names[33] = { NULL }; /* there are as many types as bits in a scope, at most */

  for (gsize i = 0; source_types[i].name != NULL; i++)
    names[i] = source_types[i].name;
  return verb_suggest (word, names);
}
