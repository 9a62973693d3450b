/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The cache is an OSTree repository with one ref for each key.
 *
 * Storing is one transaction of libostree: objects are written to a staging folder, moved to their place, and the
 * ref is written last.  A process that is killed leaves objects that no ref names, which the next put of the same
 * content takes up only by their checksum.  Nothing is synced: on a busy machine that takes longer than to build a
 * module, and a power cut can do no more than damage what the next paragraph finds.
 *
 * Reading checks every object of the commit against its checksum before the first file is written.  An
 * object that is damaged is deleted together with the ref: libostree does not write an object that it has, so a
 * damaged one that stayed would make every later tree with the same content unusable.
 */
#include "store/treecache.h"

#include <errno.h>
#include <ostree.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "store/treecache-attributes.h"
#include "store/treecache-private.h"

#define ATTRIBUTES_KEY "nacelle.attributes"
#define KEY_LENGTH_MAX 200

struct TreeCache
{
  OstreeRepo *repo;
};

static OstreeRepo *
open_repo (int dirfd, const char *path, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  OstreeRepo *repo = ostree_repo_open_at (dirfd, path, NULL, &local_error);

  if (repo != NULL)
    return repo;
  if (!g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  /* Also completes a repository whose creation was cut short: the steps are repeatable. */
  return ostree_repo_create_at (dirfd, path, OSTREE_REPO_MODE_BARE_USER_ONLY, NULL, NULL, error);
}

/* libostree wants 3 % of a disk to stay free, which is gigabytes of a large one.  A cache is worth that nowhere: what a full disk cuts
 * short is no commit. */
static gboolean
use_all_space (OstreeRepo *repo, GError **error)
{
  g_autoptr (GKeyFile) config = ostree_repo_copy_config (repo);

  if (g_key_file_has_key (config, "core", "min-free-space-percent", NULL))
    return TRUE;
  g_key_file_set_string (config, "core", "min-free-space-percent", "0");
  return ostree_repo_write_config (repo, config, error) && ostree_repo_reload_config (repo, NULL, error);
}

TreeCache *
treecache_open (int dirfd, const char *path, GError **error)
{
  autofd dir = file_mkdir_p (dirfd, path, 0700, error);
  g_autoptr (OstreeRepo) repo = dir < 0 ? NULL : open_repo (dir, ".", error);

  if (repo == NULL || !use_all_space (repo, error))
    {
      error_prefix (error, "cannot open the cache of built modules '%s' (it may be deleted: it is made again)", path);
      return NULL;
    }
  if (ostree_repo_get_mode (repo) != OSTREE_REPO_MODE_BARE_USER_ONLY)
    {
      error_throw (error, "'%s' is an OSTree repository, but not a cache of built modules", path);
      return NULL;
    }
  ostree_repo_set_disable_fsync (repo, TRUE);
  TreeCache *cache = g_new0 (TreeCache, 1);
  cache->repo = g_steal_pointer (&repo);
  return cache;
}

void
treecache_free (TreeCache *cache)
{
  if (cache == NULL)
    return;
  g_clear_object (&cache->repo);
  g_free (cache);
}

static gboolean
check_key (const char *key, GError **error)
{
  gsize length = strlen (key);

  if (length == 0 || length > KEY_LENGTH_MAX || !g_ascii_isalnum (key[0])
      || strspn (key, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_") != length)
    return error_throw_code (error, ERROR_REFUSED, "\"%.80s\" is no key of the cache of built modules", key);
  return TRUE;
}

OstreeRepo *
treecache_repo (TreeCache *cache)
{
  return cache->repo;
}

char *
treecache_resolve (TreeCache *cache, const char *key)
{
  char *checksum = NULL;

  /* A ref that a power cut emptied can't be resolved: it is as good as none. */
  if (!check_key (key, NULL)
      || !ostree_repo_resolve_rev_ext (cache->repo, key, TRUE, OSTREE_REPO_RESOLVE_REV_EXT_LOCAL_ONLY, &checksum, NULL))
    return NULL;
  return checksum;
}

gboolean
treecache_has (TreeCache *cache, const char *key)
{
  g_autofree char *checksum = treecache_resolve (cache, key);

  return checksum != NULL;
}

static OstreeRepoCommitFilterResult
plain_modes (OstreeRepo *repo, const char *path, GFileInfo *info, gpointer data)
{
  guint32 mode = g_file_info_get_attribute_uint32 (info, "unix::mode");

  if (S_ISDIR (mode))
    mode = S_IFDIR | 0755;
  else if (S_ISREG (mode))
    mode = S_IFREG | ((mode & 0100) != 0 ? 0755 : 0644);
  g_file_info_set_attribute_uint32 (info, "unix::mode", mode);
  return OSTREE_REPO_COMMIT_FILTER_ALLOW;
}

static gboolean
write_tree (TreeCache *cache, const char *key, int tree_fd, GVariant *metadata, GError **error)
{
  g_autoptr (OstreeMutableTree) tree = ostree_mutable_tree_new ();
  g_autoptr (OstreeRepoCommitModifier) modifier = ostree_repo_commit_modifier_new (
    OSTREE_REPO_COMMIT_MODIFIER_FLAGS_SKIP_XATTRS | OSTREE_REPO_COMMIT_MODIFIER_FLAGS_CANONICAL_PERMISSIONS, plain_modes,
    NULL, NULL);
  g_autoptr (GFile) root = NULL;
  g_autofree char *checksum = NULL;

  if (!ostree_repo_write_dfd_to_mtree (cache->repo, tree_fd, ".", tree, modifier, NULL, error)
      || !ostree_repo_write_mtree (cache->repo, tree, &root, NULL, error)
      || !ostree_repo_write_commit_with_time (cache->repo, NULL, NULL, NULL, metadata, OSTREE_REPO_FILE (root), 0,
                                              &checksum, NULL, error))
    return FALSE;
  ostree_repo_transaction_set_ref (cache->repo, NULL, key, checksum);
  return ostree_repo_commit_transaction (cache->repo, NULL, NULL, error);
}

static GVariant *
bytestrings (const GPtrArray *paths)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aay"));
  for (guint i = 0; i < paths->len; i++)
    g_variant_builder_add (&builder, "^ay", paths->pdata[i]);
  return g_variant_builder_end (&builder);
}

gboolean
treecache_put (TreeCache *cache, const char *key, int tree_fd, const GPtrArray *removed, GError **error)
{
  g_autoptr (GVariant) metadata = NULL;
  GVariantDict dict;

  if (!check_key (key, error))
    return FALSE;
  GVariant *attributes = tree_attributes_record (tree_fd, error);
  if (attributes == NULL)
    return error_prefix (error, "cannot keep the built module in the cache");
  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert_value (&dict, ATTRIBUTES_KEY, attributes);
  if (removed != NULL && removed->len > 0)
    g_variant_dict_insert_value (&dict, TREECACHE_REMOVED_KEY, bytestrings (removed));
  metadata = g_variant_ref_sink (g_variant_dict_end (&dict));

  if (!ostree_repo_prepare_transaction (cache->repo, NULL, NULL, error))
    return error_prefix (error, "cannot keep the built module in the cache");
  if (!write_tree (cache, key, tree_fd, metadata, error))
    {
      ostree_repo_abort_transaction (cache->repo, NULL, NULL);
      return error_prefix (error, "cannot keep the built module in the cache");
    }
  return TRUE;
}

/* Objects already checked, and how many were bad. */
typedef struct
{
  OstreeRepo *repo;
  GHashTable *seen;
  guint n_bad;
} Verifier;

/* TRUE when the object is new to us and good. */
static gboolean
verify_object (Verifier *verifier, OstreeObjectType type, GVariant *checksum_bytes, char **ret_checksum)
{
  if (g_variant_n_children (checksum_bytes) != OSTREE_SHA256_DIGEST_LEN)
    {
      verifier->n_bad++;
      return FALSE;
    }
  g_autofree char *checksum = ostree_checksum_from_bytes_v (checksum_bytes);
  g_autofree char *name = ostree_object_to_string (checksum, type);

  if (!g_hash_table_add (verifier->seen, g_steal_pointer (&name)))
    return FALSE;
  if (!ostree_repo_fsck_object (verifier->repo, type, checksum, NULL, NULL))
    {
      verifier->n_bad++;
      ostree_repo_delete_object (verifier->repo, type, checksum, NULL, NULL);
      return FALSE;
    }
  if (ret_checksum != NULL)
    *ret_checksum = g_steal_pointer (&checksum);
  return TRUE;
}

static void
verify_folder (Verifier *verifier, GVariant *tree_bytes)
{
  g_autofree char *checksum = NULL;
  g_autoptr (GVariant) tree = NULL;

  if (!verify_object (verifier, OSTREE_OBJECT_TYPE_DIR_TREE, tree_bytes, &checksum))
    return;
  if (!ostree_repo_load_variant (verifier->repo, OSTREE_OBJECT_TYPE_DIR_TREE, checksum, &tree, NULL))
    {
      verifier->n_bad++;
      return;
    }
  g_autoptr (GVariant) files = g_variant_get_child_value (tree, 0);
  g_autoptr (GVariant) folders = g_variant_get_child_value (tree, 1);
  for (gsize i = 0; i < g_variant_n_children (files); i++)
    {
      g_autoptr (GVariant) bytes = NULL;
      g_variant_get_child (files, i, "(&s@ay)", NULL, &bytes);
      verify_object (verifier, OSTREE_OBJECT_TYPE_FILE, bytes, NULL);
    }
  for (gsize i = 0; i < g_variant_n_children (folders); i++)
    {
      g_autoptr (GVariant) sub_tree = NULL, sub_meta = NULL;
      g_variant_get_child (folders, i, "(&s@ay@ay)", NULL, &sub_tree, &sub_meta);
      verify_object (verifier, OSTREE_OBJECT_TYPE_DIR_META, sub_meta, NULL);
      verify_folder (verifier, sub_tree);
    }
}

/* The commit with everything below it is there and unchanged; what is not, is deleted. */
static gboolean
verify_commit (OstreeRepo *repo, const char *checksum, GVariant **ret_commit)
{
  Verifier verifier = { repo, g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL), 0 };
  g_autoptr (GHashTable) seen = verifier.seen;
  g_autoptr (GVariant) bytes = g_variant_ref_sink (ostree_checksum_to_bytes_v (checksum));
  g_autoptr (GVariant) commit = NULL, root_tree = NULL, root_meta = NULL;

  if (!verify_object (&verifier, OSTREE_OBJECT_TYPE_COMMIT, bytes, NULL)
      || !ostree_repo_load_variant (repo, OSTREE_OBJECT_TYPE_COMMIT, checksum, &commit, NULL))
    return FALSE;
  root_tree = g_variant_get_child_value (commit, 6);
  root_meta = g_variant_get_child_value (commit, 7);
  verify_object (&verifier, OSTREE_OBJECT_TYPE_DIR_META, root_meta, NULL);
  verify_folder (&verifier, root_tree);
  if (verifier.n_bad > 0)
    return FALSE;
  *ret_commit = g_steal_pointer (&commit);
  return TRUE;
}

static gboolean
remove_paths (GVariant *paths, int dest_fd, GError **error)
{
  GVariantIter iter;
  const char *path;

  g_variant_iter_init (&iter, paths);
  while (g_variant_iter_next (&iter, "^&ay", &path))
    {
      g_autofree char *parent = g_path_get_dirname (path);
      g_autofree char *name = g_path_get_basename (path);
      g_autoptr (GError) local = NULL;
      autofd dir = file_open_beneath (dest_fd, parent, O_RDONLY | O_DIRECTORY, 0, &local);

      /* With its folder it is gone already. */
      if (dir >= 0 && !file_remove_tree (dir, name, error))
        return FALSE;
    }
  return TRUE;
}

/* libostree opens a folder that is there already through a link, so none of those in the way may be one. */
static gboolean
check_folders (OstreeRepo *repo, GVariant *tree_bytes, int dir_fd, GError **error)
{
  g_autofree char *checksum = ostree_checksum_from_bytes_v (tree_bytes);
  g_autoptr (GVariant) tree = NULL;

  if (!ostree_repo_load_variant (repo, OSTREE_OBJECT_TYPE_DIR_TREE, checksum, &tree, error))
    return FALSE;
  g_autoptr (GVariant) folders = g_variant_get_child_value (tree, 1);
  for (gsize i = 0; i < g_variant_n_children (folders); i++)
    {
      g_autoptr (GVariant) bytes = NULL;
      const char *name;

      g_variant_get_child (folders, i, "(&s@ay@ay)", &name, &bytes, NULL);
      autofd fd = openat (dir_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (fd < 0 && errno != ENOENT)
        return error_throw_code (error, ERROR_REFUSED, "the built module in the cache has a folder '%s' where the tree has none", name);
      if (fd >= 0 && !check_folders (repo, bytes, fd, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
checkout (TreeCache *cache, const char *checksum, GVariant *commit, int dest_fd, GError **error)
{
  /* force_copy: the build may write into the files, which must not reach the cache. */
  OstreeRepoCheckoutAtOptions options = { .mode = OSTREE_REPO_CHECKOUT_MODE_USER,
                                          .overwrite_mode = OSTREE_REPO_CHECKOUT_OVERWRITE_UNION_FILES,
                                          .force_copy = TRUE };
  g_autoptr (GVariant) metadata = g_variant_get_child_value (commit, 0);
  g_autoptr (GVariant) attributes
    = g_variant_lookup_value (metadata, ATTRIBUTES_KEY, G_VARIANT_TYPE (TREE_ATTRIBUTES_TYPE));

  g_autoptr (GVariant) removed = g_variant_lookup_value (metadata, TREECACHE_REMOVED_KEY, G_VARIANT_TYPE ("aay"));

  if (attributes == NULL)
    return error_throw_code (error, ERROR_NOT_FOUND, "it was not written by this program");
  g_autoptr (GVariant) root = g_variant_get_child_value (commit, 6);
  return (removed == NULL || remove_paths (removed, dest_fd, error)) && check_folders (cache->repo, root, dest_fd, error)
         && ostree_repo_checkout_at (cache->repo, &options, dest_fd, ".", checksum, NULL, error)
         && tree_attributes_apply (dest_fd, attributes, error);
}

gboolean
treecache_get (TreeCache *cache, const char *key, int dest_fd, GError **error)
{
  g_autofree char *checksum = treecache_resolve (cache, key);
  g_autoptr (GVariant) commit = NULL;

  if (!check_key (key, error))
    return FALSE;
  if (checksum == NULL)
    return error_throw_code (error, ERROR_NOT_FOUND, "the cache of built modules has no \"%s\"", key);
  if (!verify_commit (cache->repo, checksum, &commit))
    {
      ostree_repo_set_ref_immediate (cache->repo, NULL, key, NULL, NULL, NULL);
      return error_throw_code (error, ERROR_NOT_FOUND,
                               "\"%s\" in the cache of built modules was damaged and has been removed", key);
    }
  if (!checkout (cache, checksum, commit, dest_fd, error))
    return error_prefix (error, "cannot write \"%s\" out of the cache of built modules", key);
  return TRUE;
}

GPtrArray *
treecache_list (TreeCache *cache, GError **error)
{
  g_autoptr (GHashTable) refs = NULL;
  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer key;

  if (!ostree_repo_list_refs_ext (cache->repo, NULL, &refs, OSTREE_REPO_LIST_REFS_EXT_EXCLUDE_REMOTES, NULL, error))
    {
      error_prefix (error, "cannot list the cache of built modules");
      return NULL;
    }
  g_hash_table_iter_init (&iter, refs);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_ptr_array_add (keys, g_strdup (key));
  return g_steal_pointer (&keys);
}

gboolean
treecache_remove (TreeCache *cache, const char *key, GError **error)
{
  if (!check_key (key, error))
    return FALSE;
  if (!ostree_repo_set_ref_immediate (cache->repo, NULL, key, NULL, NULL, error))
    return error_prefix (error, "cannot remove \"%s\" from the cache of built modules", key);
  return TRUE;
}

gboolean
treecache_prune (TreeCache *cache, GError **error)
{
  gint total, pruned;
  guint64 size;

  if (!ostree_repo_prune (cache->repo, OSTREE_REPO_PRUNE_FLAGS_REFS_ONLY, 0, &total, &pruned, &size, NULL, error))
    return error_prefix (error, "cannot make room in the cache of built modules");
  return TRUE;
}
