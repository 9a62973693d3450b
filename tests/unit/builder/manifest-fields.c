/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The field tables themselves: what the manual is made from, and that no two rows are for the same key of the same thing.
 */
#include "builder/manifest/fields.h"

#include <string.h>

static const FieldTable *const tables[] = { &manifest_fields, &options_fields, &module_fields, &source_fields,
                                            &extension_fields, &permission_fields };

static void
check_sentence (const char *key, const char *text)
{
  g_test_message ("%s: %s", key, text);
  g_assert_nonnull (text);
  g_assert_true (g_ascii_isupper (*text) || strstr (text, "...") != NULL || strchr (text, ',') != NULL || strstr (text, " or ") != NULL);
  g_assert_true (g_str_has_suffix (text, ".") || g_str_has_suffix (text, "..."));
}

static void
check_manual (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (tables); i++)
    for (const Field *field = tables[i]->fields; field->key != NULL; field++)
      if (field->state == FIELD_NO_EFFECT)
        g_assert_nonnull (field->hint);
      else
        check_sentence (field->key, field->about);
  for (const SourceType *type = source_types; type->name != NULL; type++)
    check_sentence (type->name, type->about);
}

static void
check_unique (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (tables); i++)
    for (const Field *field = tables[i]->fields; field->key != NULL; field++)
      for (const Field *other = field + 1; other->key != NULL; other++)
        if (g_str_equal (field->key, other->key))
          {
            g_test_message ("%s", field->key);
            g_assert_true (field->scope != 0 && other->scope != 0 && (field->scope & other->scope) == 0);
            /* One member, so that it is freed and digested in one way. */
            g_assert_cmpuint (field->offset, ==, other->offset);
            g_assert_true (field->no_digest == other->no_digest && field->type == other->type);
          }
}

static void
check_find (void)
{
  for (const SourceType *type = source_types; type->name != NULL; type++)
    {
      const Field *url = field_find (&source_fields, "url", type->bit);

      g_assert_nonnull (field_find (&source_fields, "type", type->bit));
      g_assert_nonnull (url);
      if (g_str_equal (type->name, "git"))
        g_assert_true ((url->scope & type->bit) != 0);
      if (g_str_equal (type->name, "shell"))
        g_assert_true ((url->scope & type->bit) == 0);
    }
  g_assert_null (field_find (&source_fields, "uri", ~0u));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/manifest/fields/manual", check_manual);
  g_test_add_func ("/manifest/fields/unique", check_unique);
  g_test_add_func ("/manifest/fields/find", check_find);
  return g_test_run ();
}
