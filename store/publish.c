/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A commit is what the tree, the ref and the options make it, and nothing else: no parent, no clock, no
 * owner, no mode but "executable", no extended attribute.  (One number in it, the download size, depends on the
 * version of zlib that compressed the objects.)
 */
#include "store/publish.h"

#include <errno.h>
#include <ostree.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "bundle/extra-data.h"
#include "bundle/metadata.h"
#include "store/publish-summary.h"

static OstreeRepo *
open_repo (const char *path, const char *collection_id, GError **error)
{
  autofd fd = file_mkdir_p (AT_FDCWD, path, 0755, error);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (OstreeRepo) repo = fd < 0 ? NULL : ostree_repo_open_at (fd, ".", NULL, &local_error);

  if (fd < 0)
    return NULL;
  if (repo == NULL && g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    {
      g_auto (GVariantDict) options = G_VARIANT_DICT_INIT (NULL);

      if (collection_id != NULL)
        g_variant_dict_insert (&options, "collection-id", "s", collection_id);
      g_autoptr (GVariant) variant = g_variant_ref_sink (g_variant_dict_end (&options));
      g_clear_error (&local_error);
      repo = ostree_repo_create_at (fd, ".", OSTREE_REPO_MODE_ARCHIVE, variant, NULL, &local_error);
    }
  if (repo != NULL && ostree_repo_get_mode (repo) != OSTREE_REPO_MODE_ARCHIVE)
    {
      g_clear_object (&repo);
      g_set_error (&local_error, ERROR_DOMAIN, ERROR_FAILED,
                   "it is in another mode than archive, so others could not pull from it");
    }
  g_autofree char *own_id = repo != NULL ? g_strdup (ostree_repo_get_collection_id (repo)) : NULL;
  if (repo != NULL && collection_id != NULL && g_strcmp0 (own_id, collection_id) != 0)
    {
      g_clear_object (&repo);
      g_set_error (&local_error, ERROR_DOMAIN, ERROR_FAILED, "the manifest's collection is %s, and the repository's is %s; a repository "
                   "keeps the one that it was made with", collection_id, own_id != NULL ? own_id : "none");
    }
  if (repo == NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  return g_steal_pointer (&repo);
}

/* Two publishers would each write a summary without the other's commit. */
static int
lock_repo (OstreeRepo *repo, GError **error)
{
  autofd fd = file_open (ostree_repo_get_dfd (repo), ".", O_RDONLY | O_DIRECTORY, 0, error);

  if (fd < 0)
    return -1;
  while (flock (fd, LOCK_EX) < 0)
    if (errno != EINTR)
      {
        error_throw_errno (error, errno, "cannot lock it");
        return -1;
      }
  return file_steal_fd (&fd);
}

static gboolean
is_bundle_path (const char *path)
{
  static const char *const parts[] = { "/metadata", "/files", "/export" };

  if (strcmp (path, "/") == 0)
    return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      gsize length = strlen (parts[i]);
      if (strncmp (path, parts[i], length) == 0 && (path[length] == '\0' || path[length] == '/'))
        return TRUE;
    }
  return FALSE;
}

/* `data`: guint64, the size of all files in blocks of 512 bytes, as Flatpak counts. */
static OstreeRepoCommitFilterResult
canonical (OstreeRepo *repo, const char *path, GFileInfo *info, gpointer data)
{
  guint64 *installed_size = data;
  guint32 mode = g_file_info_get_attribute_uint32 (info, "unix::mode");

  if (!is_bundle_path (path))
    return OSTREE_REPO_COMMIT_FILTER_SKIP;
  if (S_ISDIR (mode))
    mode = S_IFDIR | 0755;
  else if (S_ISREG (mode))
    {
      mode = S_IFREG | ((mode & 0100) != 0 ? 0755 : 0644);
      *installed_size += ((guint64) g_file_info_get_size (info) + 511) / 512 * 512;
    }
  g_file_info_set_attribute_uint32 (info, "unix::mode", mode);
  g_file_info_set_attribute_uint32 (info, "unix::uid", 0);
  g_file_info_set_attribute_uint32 (info, "unix::gid", 0);
  return OSTREE_REPO_COMMIT_FILTER_ALLOW;
}

/* What the objects of the files below `folder` take in the repository, each counted once. */
static gboolean
add_download_size (OstreeRepo *repo, GFile *folder, GHashTable *seen, guint64 *size, GError **error)
{
  g_autoptr (GFileEnumerator) children = g_file_enumerate_children (
    folder, "standard::name,standard::type", G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS, NULL, error);

  if (children == NULL)
    return FALSE;
  for (;;)
    {
      GFileInfo *info;
      GFile *child;
      guint64 object_size = 0;

      if (!g_file_enumerator_iterate (children, &info, &child, NULL, error))
        return FALSE;
      if (info == NULL)
        return TRUE;
      if (g_file_info_get_file_type (info) == G_FILE_TYPE_DIRECTORY)
        {
          if (!add_download_size (repo, child, seen, size, error))
            return FALSE;
          continue;
        }
      const char *checksum = ostree_repo_file_get_checksum (OSTREE_REPO_FILE (child));
      if (!g_hash_table_add (seen, g_strdup (checksum)))
        continue;
      if (!ostree_repo_query_object_storage_size (repo, OSTREE_OBJECT_TYPE_FILE, checksum, &object_size, NULL, error))
        return FALSE;
      *size += object_size;
    }
}

/* As Flatpak wants it told before it fetches the app: name, size, installed size, checksum, address. */
static GVariant *
make_extra_sources (const GPtrArray *files)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(ayttays)"));

  for (guint i = 0; i < files->len; i++)
    {
      const ExtraFile *file = files->pdata[i];

      g_variant_builder_add (&builder, "(^aytt@ays)", file->name, GUINT64_TO_BE (file->size), GUINT64_TO_BE (file->installed_size),
                             ostree_checksum_to_bytes_v (file->sha256), file->url);
    }
  return g_variant_builder_end (&builder);
}

static GVariant *
make_metadata (const char *ref, const char *text, guint64 installed_size, guint64 download_size, const char *collection_id, int token_type,
               const GPtrArray *extra_files)
{
  const char *const refs[] = { ref, NULL };
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);

  /* In a fixed order: the bytes are part of the checksum. */
  if (collection_id != NULL)
    g_variant_builder_add (&builder, "{sv}", OSTREE_COMMIT_META_KEY_COLLECTION_BINDING, g_variant_new_string (collection_id));
  g_variant_builder_add (&builder, "{sv}", OSTREE_COMMIT_META_KEY_REF_BINDING, g_variant_new_strv (refs, -1));
  g_variant_builder_add (&builder, "{sv}", "xa.download-size", g_variant_new_uint64 (GUINT64_TO_BE (download_size)));
  if (extra_files->len > 0)
    g_variant_builder_add (&builder, "{sv}", "xa.extra-data-sources", make_extra_sources (extra_files));
  g_variant_builder_add (&builder, "{sv}", "xa.installed-size", g_variant_new_uint64 (GUINT64_TO_BE (installed_size)));
  g_variant_builder_add (&builder, "{sv}", "xa.metadata", g_variant_new_string (text));
  g_variant_builder_add (&builder, "{sv}", "xa.ref", g_variant_new_string (ref));
  if (token_type > 0)
    g_variant_builder_add (&builder, "{sv}", "xa.token-type", g_variant_new_int32 (GINT32_TO_LE (token_type)));
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

/* Clients refuse to go back in time, so such a commit would reach nobody. */
static gboolean
check_timestamp (OstreeRepo *repo, const char *ref, const char *checksum, gint64 timestamp, GError **error)
{
  g_autofree char *head = NULL;
  g_autoptr (GVariant) commit = NULL;

  if (!ostree_repo_resolve_rev_ext (repo, ref, TRUE, OSTREE_REPO_RESOLVE_REV_EXT_LOCAL_ONLY, &head, error))
    return FALSE;
  if (head == NULL || strcmp (head, checksum) == 0)
    return TRUE;
  if (!ostree_repo_load_variant (repo, OSTREE_OBJECT_TYPE_COMMIT, head, &commit, error))
    return FALSE;
  guint64 head_time = ostree_commit_get_timestamp (commit);
  if ((gint64) head_time <= timestamp)
    return TRUE;
  return error_throw (error,
                      "the repository has a later version of it already (time %" G_GUINT64_FORMAT
                      " against %" G_GINT64_FORMAT "), and nobody's update would go back; give a later time, or set the clock",
                      head_time, timestamp);
}

static gboolean
sign (OstreeRepo *repo, const char *checksum, const PublishOptions *options, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if (options->gpg_key_id == NULL
      || ostree_repo_sign_commit (repo, checksum, options->gpg_key_id, options->gpg_homedir, NULL, &local_error)
      || g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_EXISTS))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return error_prefix (error, "cannot sign with the OpenPGP key \"%s\"", options->gpg_key_id);
}

/* Inside a transaction. */
static gboolean
write_commit (OstreeRepo *repo, int tree_fd, const char *ref, const Metadata *metadata,
              const PublishOptions *options, char **ret_checksum, GError **error)
{
  guint64 installed_size = 0, download_size = 0;
  g_autoptr (OstreeMutableTree) tree = ostree_mutable_tree_new ();
  g_autoptr (OstreeRepoCommitModifier) modifier = ostree_repo_commit_modifier_new (
    OSTREE_REPO_COMMIT_MODIFIER_FLAGS_SKIP_XATTRS | OSTREE_REPO_COMMIT_MODIFIER_FLAGS_CANONICAL_PERMISSIONS, canonical,
    &installed_size, NULL);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GFile) root = NULL;
  g_autofree char *checksum = NULL;
  g_autoptr (GPtrArray) extra_files = extra_files_new (metadata->keyfile, error);

  if (extra_files == NULL || !ostree_repo_write_dfd_to_mtree (repo, tree_fd, ".", tree, modifier, NULL, error)
      || !ostree_repo_write_mtree (repo, tree, &root, NULL, error)
      || !add_download_size (repo, root, seen, &download_size, error))
    return FALSE;
  g_autoptr (GVariant) dict = make_metadata (ref, metadata->text, installed_size, download_size,
                                             ostree_repo_get_collection_id (repo), options->token_type, extra_files);
  const char *subject = options->subject != NULL ? options->subject : ref;
  if (!ostree_repo_write_commit_with_time (repo, NULL, subject, options->body, dict, OSTREE_REPO_FILE (root),
                                           (guint64) options->timestamp, &checksum, NULL, error)
      || !check_timestamp (repo, ref, checksum, options->timestamp, error)
      || !sign (repo, checksum, options, error))
    return FALSE;
  ostree_repo_transaction_set_ref (repo, NULL, ref, checksum);
  if (!ostree_repo_commit_transaction (repo, NULL, NULL, error))
    return FALSE;
  *ret_checksum = g_steal_pointer (&checksum);
  return TRUE;
}

static Metadata *
load_metadata (int tree_fd, const Ref *ref, GError **error)
{
  g_autofree char *name = ref_format (ref);
  g_autoptr (Metadata) metadata = metadata_load (tree_fd, "metadata", name, error);
  struct stat st;

  if (metadata == NULL)
    return NULL;
  if (metadata->kind != ref->kind || strcmp (metadata->id, ref->id) != 0)
    {
      error_throw_code (error, ERROR_REFUSED, "the metadata is of the %s \"%s\"", ref_kind_name (metadata->kind),
                        metadata->id);
      return NULL;
    }
  if (fstatat (tree_fd, "files", &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR (st.st_mode))
    {
      error_throw_code (error, ERROR_REFUSED, "there is no folder \"files\" in it");
      return NULL;
    }
  return g_steal_pointer (&metadata);
}

static gboolean
publish (OstreeRepo *repo, int tree_fd, const char *ref, const Metadata *metadata, const PublishOptions *options,
         char **ret_checksum, GError **error)
{
  struct stat st;

  /* Without its signature no client that verifies would take anything from it any more. */
  if (options->gpg_key_id == NULL && fstatat (ostree_repo_get_dfd (repo), "summary.sig", &st, 0) == 0)
    return error_throw (error, "the repository is signed: give the OpenPGP key to sign this with, too");
  if (!ostree_repo_prepare_transaction (repo, NULL, NULL, error))
    return FALSE;
  if (!write_commit (repo, tree_fd, ref, metadata, options, ret_checksum, error))
    {
      ostree_repo_abort_transaction (repo, NULL, NULL);
      return FALSE;
    }
  if (!publish_summary (repo, options->gpg_key_id, options->gpg_homedir, error))
    {
      g_clear_pointer (ret_checksum, g_free);
      return error_prefix (error, "the commit is stored, but not its summary");
    }
  return TRUE;
}

gboolean
publish_commit (const char *repo_path, int tree_fd, const Ref *ref, const PublishOptions *options,
                char **ret_checksum, GError **error)
{
  g_autofree char *name = ref_format (ref);
  g_autofree char *checksum = NULL;
  g_autoptr (Metadata) metadata = load_metadata (tree_fd, ref, error);
  g_autoptr (OstreeRepo) repo = metadata == NULL ? NULL : open_repo (repo_path, options->collection_id, error);
  autofd lock_fd = repo == NULL ? -1 : lock_repo (repo, error);

  if (lock_fd < 0 || !publish (repo, tree_fd, name, metadata, options, &checksum, error))
    return error_prefix (error, "cannot publish %s in the repository %s", name, repo_path);
  if (ret_checksum != NULL)
    *ret_checksum = g_steal_pointer (&checksum);
  return TRUE;
}
