/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The content of a tree of the cache without its files: the repository names each file by a checksum of its content and mode.
 */
#include "store/treecache.h"

#include <ostree.h>
#include <string.h>

#include "base/error.h"
#include "store/treecache-private.h"

#define DEPTH_MAX 512

static gboolean
add_folder (OstreeRepo *repo, GVariant *tree_bytes, const char *folder, unsigned depth, GHashTable *contents, GError **error)
{
  g_autofree char *checksum = ostree_checksum_from_bytes_v (tree_bytes);
  g_autoptr (GVariant) tree = NULL;
  const char *name;

  if (depth > DEPTH_MAX)
    return error_throw (error, "the tree is nested deeper than %d directories at '%s'", DEPTH_MAX, folder);
  if (!ostree_repo_load_variant (repo, OSTREE_OBJECT_TYPE_DIR_TREE, checksum, &tree, error))
    return FALSE;
  g_autoptr (GVariant) files = g_variant_get_child_value (tree, 0);
  g_autoptr (GVariant) folders = g_variant_get_child_value (tree, 1);
  for (gsize i = 0; i < g_variant_n_children (files); i++)
    {
      g_autoptr (GVariant) bytes = NULL;

      g_variant_get_child (files, i, "(&s@ay)", &name, &bytes);
      g_hash_table_insert (contents, g_build_filename (folder, name, NULL), ostree_checksum_from_bytes_v (bytes));
    }
  for (gsize i = 0; i < g_variant_n_children (folders); i++)
    {
      g_autoptr (GVariant) sub_tree = NULL;

      g_variant_get_child (folders, i, "(&s@ay@ay)", &name, &sub_tree, NULL);
      g_autofree char *path = g_build_filename (folder, name, NULL);
      g_hash_table_insert (contents, g_strdup (path), g_strdup ("/"));
      if (!add_folder (repo, sub_tree, path, depth + 1, contents, error))
        return FALSE;
    }
  return TRUE;
}

GHashTable *
treecache_contents (TreeCache *cache, const char *key, GPtrArray **ret_removed, GError **error)
{
  g_autoptr (GHashTable) contents = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr (GPtrArray) removed = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) local = NULL;
  g_autofree char *checksum = treecache_resolve (cache, key);
  g_autoptr (GVariant) commit = NULL;

  if (checksum == NULL || !ostree_repo_load_variant (treecache_repo (cache), OSTREE_OBJECT_TYPE_COMMIT, checksum, &commit, &local))
    {
      error_throw_code (error, ERROR_NOT_FOUND, "the cache of built modules has no \"%s\"", key);
      return NULL;
    }
  g_autoptr (GVariant) root = g_variant_get_child_value (commit, 6);
  g_autoptr (GVariant) metadata = g_variant_get_child_value (commit, 0);
  g_autoptr (GVariant) list = g_variant_lookup_value (metadata, TREECACHE_REMOVED_KEY, G_VARIANT_TYPE ("aay"));
  if (!add_folder (treecache_repo (cache), root, "", 0, contents, &local))
    {
      /* As treecache_get() would find: it is of no use. */
      error_throw_code (error, ERROR_NOT_FOUND, "\"%s\" in the cache of built modules is damaged: %s", key, local->message);
      return NULL;
    }
  for (gsize i = 0; list != NULL && i < g_variant_n_children (list); i++)
    {
      const char *path;

      g_variant_get_child (list, i, "^&ay", &path);
      g_ptr_array_add (removed, g_strdup (path));
    }
  *ret_removed = g_steal_pointer (&removed);
  return g_steal_pointer (&contents);
}
