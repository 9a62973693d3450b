/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/layer.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/tree/walk.h"

#define LAYER_DIR "layer"
#define GONE "gone"

/* Directories of the layer are made as they are needed, files are links: nothing is copied. */
static gboolean
link_path (int tree_fd, int layer_fd, const char *path, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  struct stat st;
  autofd from = file_open_beneath (tree_fd, parent, O_PATH | O_DIRECTORY, 0, error);
  autofd to = from >= 0 ? file_mkdir_p (layer_fd, parent, 0755, error) : -1;

  if (to < 0)
    return FALSE;
  if (fstatat (from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return error_throw_errno (error, errno, "cannot look at '%s'", path);
  if (S_ISDIR (st.st_mode) ? mkdirat (to, name, 0755) < 0 && errno != EEXIST : linkat (from, name, to, name, 0) < 0)
    return error_throw_errno (error, errno, "cannot take '%s' into the module's result", path);
  return TRUE;
}

static gboolean
put (TreeCache *cache, const char *key, int tree_fd, const GPtrArray *changes, const GPtrArray *removed, int work_fd, GError **error)
{
  autofd layer_fd = file_mkdir_p (work_fd, LAYER_DIR, 0755, error);

  if (layer_fd < 0)
    return FALSE;
  for (guint i = 0; i < changes->len; i++)
    if (!link_path (tree_fd, layer_fd, changes->pdata[i], error))
      return FALSE;
  return treecache_put (cache, key, layer_fd, removed, error);
}

gboolean
layer_keep (TreeCache *cache, const char *key, int tree_fd, const TreeListing *before, int work_fd, GError **error)
{
  g_autoptr (TreeListing) after = tree_listing_new (tree_fd, error);

  if (after == NULL)
    return FALSE;
  g_autoptr (GPtrArray) changes = tree_listing_changes (before, after);
  g_autoptr (GPtrArray) removed = tree_listing_removed (before, after);
  return put (cache, key, tree_fd, changes, removed, work_fd, error) && file_remove_tree (work_fd, LAYER_DIR, error);
}

typedef struct
{
  guint module;
  const char *content;   /* as treecache_contents() gives it, or GONE */
} Owner;

struct LayerOwners
{
  GHashTable *paths;     /* path -> Owner */
  GStringChunk *texts;   /* of both */
};

LayerOwners *
layer_owners_new (void)
{
  LayerOwners *owners = g_new0 (LayerOwners, 1);

  owners->paths = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  owners->texts = g_string_chunk_new (65536);
  return owners;
}

void
layer_owners_free (LayerOwners *owners)
{
  if (owners == NULL)
    return;
  g_hash_table_unref (owners->paths);
  g_string_chunk_free (owners->texts);
  g_free (owners);
}

static gboolean
add_path (LayerOwners *owners, const char *path, const char *content, guint index, const gboolean *needs, const char *const *names,
          GError **error)
{
  Owner *owner = g_hash_table_lookup (owners->paths, path);

  if (owner != NULL && owner->module != index && !needs[owner->module] && strcmp (owner->content, content) != 0)
    return error_throw (error,
                        "the modules '%s' and '%s' do not agree about '%s' (%s), and neither depends on the other: name one in the "
                        "\"depends\" of the other, or keep one of them from touching it",
                        names[owner->module], names[index], path,
                        strcmp (content, GONE) == 0 || strcmp (owner->content, GONE) == 0 ? "one removes it"
                                                                                          : "its content is not the same");
  if (owner == NULL)
    {
      owner = g_new (Owner, 1);
      g_hash_table_insert (owners->paths, g_string_chunk_insert (owners->texts, path), owner);
    }
  owner->module = index;
  owner->content = g_string_chunk_insert_const (owners->texts, content);
  return TRUE;
}

gboolean
layer_owners_add (LayerOwners *owners, TreeCache *cache, const char *key, guint index, const gboolean *needs,
                  const char *const *names, GError **error)
{
  g_autoptr (GPtrArray) removed = NULL;
  g_autoptr (GHashTable) contents = treecache_contents (cache, key, &removed, error);
  GHashTableIter iter;
  gpointer path, content;

  if (contents == NULL)
    return FALSE;
  for (guint i = 0; i < removed->len; i++)
    if (!add_path (owners, removed->pdata[i], GONE, index, needs, names, error))
      return FALSE;
  g_hash_table_iter_init (&iter, contents);
  while (g_hash_table_iter_next (&iter, &path, &content))
    if (!add_path (owners, path, content, index, needs, names, error))
      return FALSE;
  return TRUE;
}
