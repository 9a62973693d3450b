/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The key `resources`: limits of the app, a map of their names and values.
 */
#include "builder/manifest/load.h"

#include "builder/manifest/problem.h"
#include "bundle/limits.h"

static void
limit_free (gpointer data)
{
  ManifestVariable *limit = data;

  g_free (limit->name);
  g_free (limit->value);
  g_free (limit);
}

void
load_resources (const LoadFile *file, const ManifestEntry *entry, GPtrArray **member)
{
  const ManifestNode *node = entry->value;
  GPtrArray *limits;

  if (node->kind != NODE_MAP)
    {
      load_wrong_type (file, node, entry->key, "a map, such as {memory: 512M, pids: 100}");
      return;
    }
  limits = g_ptr_array_new_with_free_func (limit_free);
  for (guint i = 0; i < node->n; i++)
    {
      const ManifestEntry *row = &node->entries[i];
      g_autoptr (GError) error = NULL;

      if (row->value->kind != NODE_TEXT)
        load_wrong_type (file, row->value, row->key, "a text or a number, being a limit");
      else if (!limits_check (row->key, row->value->text, &error))
        manifest_problem_error (file->loader->problems, manifest_entry_place (file->document, row), "value", "\"%s\": %s", entry->key,
                                error->message);
      else
        {
          ManifestVariable *limit = g_new0 (ManifestVariable, 1);

          limit->name = g_strdup (row->key);
          limit->value = g_strdup (row->value->text);
          g_ptr_array_add (limits, limit);
        }
    }
  g_clear_pointer (member, g_ptr_array_unref);
  *member = limits;
}
