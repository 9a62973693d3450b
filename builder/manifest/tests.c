/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The key `tests`, of a manifest and of the manifest.json in an image.
 */
#include "builder/manifest/tests.h"

#include "builder/manifest/load.h"
#include "builder/manifest/problem.h"

static void
test_free (gpointer data)
{
  ManifestTest *test = data;

  fields_clear (&test_fields, test);
  g_free (test);
}

static gboolean
has (const GPtrArray *texts)
{
  return texts != NULL && texts->len > 0;
}

static void
check_test (const ManifestTest *test, GPtrArray *problems)
{
  static const char *const of_output[] = { "output-contains", "output-lacks", "status", NULL };
  guint n = 0;

  for (const Field *field = test_fields.fields; field->key != NULL; field++)
    n += field->type == FIELD_PLACED && g_str_has_prefix (field->key, "can") && has (G_STRUCT_MEMBER (GPtrArray *, test, field->offset));
  if (n == 0)
    manifest_problem_error (problems, test->place, "missing-key",
                            "this entry of \"tests\" tries nothing; it needs \"can-run\", \"can-read\", "
                            "\"cannot-read\" or another of these");
  for (gsize i = 0; of_output[i] != NULL && n > 0 && !has (test->can_run); i++)
    if (field_is_written (field_find (&test_fields, of_output[i], 0), test))
      manifest_problem_error (problems, manifest_key_place (test, of_output[i]), "conflict",
                              "\"%s\" is about the programs of \"can-run\", and this entry has none", of_output[i]);
}

void
load_tests (const LoadFile *file, const ManifestNode *list, GPtrArray **member)
{
  if (list->kind != NODE_LIST)
    {
      load_wrong_type (file, list, "tests", "a list of maps");
      return;
    }
  g_clear_pointer (member, g_ptr_array_unref);
  *member = g_ptr_array_new_with_free_func (test_free);
  for (guint i = 0; i < list->n; i++)
    {
      const ManifestNode *item = list->items[i];
      ManifestTest *test;

      if (item->kind != NODE_MAP)
        {
          load_wrong_type (file, item, "tests", "maps in its list, such as {can-run: hello --version}");
          continue;
        }
      test = g_new0 (ManifestTest, 1);
      g_ptr_array_add (*member, test);
      test->place = manifest_node_place (file->document, item);
      load_object (file, item, &test_fields, 0, test);
      check_test (test, file->loader->problems);
    }
}

GPtrArray *
manifest_tests_parse (const char *name, const char *text, gsize length, GPtrArray *problems)
{
  Loader loader = { .top_fd = -1, .budget = MANIFEST_BUDGET_INIT, .problems = problems };
  g_autoptr (ManifestDocument) document = manifest_document_parse (name, text, length, &loader.budget, problems);
  LoadFile file = { .loader = &loader, .document = document };
  GPtrArray *tests = g_ptr_array_new_with_free_func (test_free);
  const ManifestEntry *entry = document != NULL && document->root->kind == NODE_MAP ? manifest_node_entry (document->root, "tests") : NULL;

  if (entry != NULL)
    load_tests (&file, entry->value, &tests);
  if (document != NULL && !manifest_problems_have_error (problems))
    return tests;
  g_ptr_array_unref (tests);
  return NULL;
}
