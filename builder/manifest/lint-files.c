/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files beside the manifest that nothing names: patches, and what looks like a module or a list of sources.
 *
 * Only the manifest's own folder is looked at: folders below it are often shared by many manifests.  Another manifest is no
 * part of this one, and what it names may be what this one does not; then nothing is said.
 */
#include "builder/manifest/lint.h"

#include "base/file.h"
#include "builder/manifest/node.h"
#include "builder/manifest/problem.h"

#include <string.h>

#define FILES_MAX 1000         /* in the folder; with more, it is some other kind of folder */

typedef enum { PART_NONE, PART_MODULE, PART_SOURCES, PART_MANIFEST } Part;

static gboolean
has_key (const ManifestNode *map, const char *key)
{
  return map->kind == NODE_MAP && manifest_node_entry (map, key) != NULL;
}

static Part
part_of (const ManifestNode *root)
{
  if (has_key (root, "modules") && (has_key (root, "id") || has_key (root, "app-id")))
    return PART_MANIFEST;
  if (has_key (root, "name") && (has_key (root, "sources") || has_key (root, "buildsystem") || has_key (root, "modules")))
    return PART_MODULE;
  if (root->kind == NODE_LIST && root->n > 0)
    root = root->items[0];
  return has_key (root, "type") && (has_key (root, "url") || has_key (root, "path") || has_key (root, "dest-filename"))
           ? PART_SOURCES : PART_NONE;
}

/* What does not parse is no part of any manifest. */
static Part
look_into (int dir_fd, const char *name)
{
  g_autoptr (GPtrArray) problems = manifest_problems_new ();
  g_autoptr (ManifestDocument) document = NULL;
  ManifestBudget budget = MANIFEST_BUDGET_INIT;
  g_autofree char *data = NULL;
  gsize length;
  autofd fd = file_open_beneath (dir_fd, name, O_RDONLY | O_NONBLOCK, 0, NULL);

  if (fd >= 0)
    data = file_read_fd (fd, name, MANIFEST_FILE_MAX, &length, NULL);
  if (data == NULL)
    return PART_NONE;
  document = manifest_document_parse (name, data, length, &budget, problems);
  return document != NULL ? part_of (document->root) : PART_NONE;
}

static gboolean
has_suffix (const char *name, const char *const *suffixes)
{
  for (; *suffixes != NULL; suffixes++)
    if (g_str_has_suffix (name, *suffixes))
      return TRUE;
  return FALSE;
}

static gboolean
is_named (const Manifest *manifest, GHashTable *paths, const char *name)
{
  g_autofree char *path = g_build_filename (manifest->dir, name, NULL);

  for (guint i = 0; i < manifest->files->len; i++)
    if (g_str_equal (manifest->files->pdata[i], name))
      return TRUE;
  /* A source may copy the whole folder. */
  return g_hash_table_contains (paths, path) || g_hash_table_contains (paths, manifest->dir);
}

static int
name_compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

/* Names in order, so that two looks say the same; NULL when there are too many. */
static GPtrArray *
list_folder (const char *path)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      if (names->len >= FILES_MAX)
        return NULL;
      if (*name != '.' && g_utf8_validate (name, -1, NULL))
        g_ptr_array_add (names, g_strdup (name));
    }
  g_ptr_array_sort (names, name_compare);
  return g_steal_pointer (&names);
}

void
manifest_lint_files (const Manifest *manifest, GHashTable *paths, GPtrArray *problems)
{
  static const char *const parts[] = { ".json", ".yaml", ".yml", NULL };
  static const char *const patches[] = { ".patch", ".diff", NULL };
  g_autoptr (GPtrArray) names = list_folder (manifest->dir);
  g_autoptr (GPtrArray) found = manifest_problems_new ();
  g_autofree char *folder = g_path_get_dirname (manifest->path);
  autofd fd = open (manifest->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

  for (guint i = 0; names != NULL && fd >= 0 && i < names->len; i++)
    {
      const char *name = names->pdata[i];
      Part part = PART_NONE;
      g_autofree char *path = g_str_equal (folder, ".") ? g_strdup (name) : g_build_filename (folder, name, NULL);
      ManifestPlace place = { g_intern_string (path), 0, 0 };

      if (is_named (manifest, paths, name))
        continue;
      if (has_suffix (name, parts))
        part = look_into (fd, name);
      if (part == PART_MANIFEST)
        return;
      if (part != PART_NONE)
        manifest_problem_warning (found, place, "unused-file", "this looks like %s, and nothing of the manifest names it",
                                  part == PART_MODULE ? "a module" : "a list of sources");
      else if (has_suffix (name, patches))
        manifest_problem_warning (found, place, "unused-file", "no source names this patch");
    }
  for (guint i = 0; i < found->len; i++)
    {
      const ManifestProblem *problem = found->pdata[i];

      manifest_problem_warning (problems, problem->place, "unused-file", "%s", problem->message);
    }
}
