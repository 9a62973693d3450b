/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From a ref on a remote to an active deployment.
 *
 * Refs in the repository serve only the pull.  What holds a commit's objects is the ref deploy/REF, and what
 * an update is compared with is the deployment itself: the commit that is in use cannot be forgotten by
 * deleting a ref or a cache (GHSA-q4gr-vc25-57m5).
 */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "store/deployment-private.h"
#include "store/extra.h"
#include "store/store-private.h"
#include "store/transfer.h"

#define METADATA_SIZE_MAX (1024 * 1024)

/* What is active in this store; NULL without *error when there is nothing, or nothing that works. */
static Deployment *
load_current (Store *store, const Ref *ref)
{
  const StoreRoot root = STORE_AS_ROOT (store);

  return deployment_load_active (&root, ref, FALSE, NULL);
}

static gboolean
check_origin (const Deployment *current, const char *remote, GError **error)
{
  g_autofree char *name = ref_format (current->ref);

  /* Another publisher may use the same id: it is the user who says that he wants the other one. */
  if (current->origin != NULL && strcmp (current->origin, remote) != 0)
    return error_throw_code (error, ERROR_REFUSED,
                             "%s is installed from the remote \"%s\"; uninstall it before you install it from \"%s\"",
                             name, current->origin, remote);
  return TRUE;
}

/* Of equal age is fine: builds may have a fixed date.  But not one that the current one descends from. */
static gboolean
check_not_older (OstreeRepo *repo, const Deployment *current, const BundleCommit *commit, GError **error)
{
  g_autofree char *ancestor = g_strdup (current->checksum);
  gboolean older = commit->time < current->commit_time;

  for (int i = 0; !older && ancestor != NULL && i < 1000; i++)
    {
      g_autoptr (GVariant) variant = NULL;
      if (!ostree_repo_load_variant_if_exists (repo, OSTREE_OBJECT_TYPE_COMMIT, ancestor, &variant, NULL)
          || variant == NULL)
        break;
      g_free (ancestor);
      ancestor = ostree_commit_get_parent (variant);
      older = g_strcmp0 (ancestor, commit->checksum) == 0;
    }
  if (!older)
    return TRUE;
  g_autoptr (GDateTime) theirs = g_date_time_new_from_unix_utc (commit->time);
  g_autoptr (GDateTime) ours = g_date_time_new_from_unix_utc (current->commit_time);
  g_autofree char *their_date = theirs == NULL ? g_strdup ("an impossible date") : g_date_time_format_iso8601 (theirs);
  g_autofree char *our_date = ours == NULL ? g_strdup ("?") : g_date_time_format_iso8601 (ours);
  return error_throw_code (error, ERROR_REFUSED,
                           "the remote offers an older version (%s) than the one installed (%s), which may be an "
                           "attack; if it is what you want, uninstall it first",
                           their_date, our_date);
}

/* The metadata that was shown must be the one in the tree. */
static gboolean
check_tree_metadata (OstreeRepo *repo, const BundleCommit *commit, GError **error)
{
  g_autoptr (GFile) root = NULL;
  gsize length = 0;
  g_autofree char *text = NULL;

  if (!ostree_repo_read_commit (repo, commit->checksum, &root, NULL, NULL, error))
    return FALSE;
  g_autoptr (GFile) file = g_file_get_child (root, "metadata");
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, NULL);
  if (stream == NULL)
    return error_throw_code (error, ERROR_REFUSED, "there is no file \"metadata\" in it");
  text = g_malloc (METADATA_SIZE_MAX + 1);
  if (!g_input_stream_read_all (G_INPUT_STREAM (stream), text, METADATA_SIZE_MAX + 1, &length, NULL, error))
    return FALSE;
  if (length != strlen (commit->metadata->text) || memcmp (text, commit->metadata->text, length) != 0)
    return error_throw_code (error, ERROR_REFUSED,
                             "the file \"metadata\" in it differs from the metadata of the commit");
  return TRUE;
}

/* Defence in depth: a bare-user-only repository holds no such modes.  Also adds up the size. */
static gboolean
check_modes (int dirfd, const char *path, guint64 *size, GError **error)
{
  autofd fd = openat (dirfd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  g_autoptr (GPtrArray) names = fd < 0 ? NULL : deployment_list_names (fd, ".", error);
  struct stat st;

  if (fd < 0)
    return error_throw_errno (error, errno, "cannot open the folder '%s' of the new deployment", path);
  if (names == NULL)
    return FALSE;
  if (fchmod (fd, 0755) < 0)
    return error_throw_errno (error, errno, "cannot set the mode of the folder '%s'", path);
  for (guint i = 0; i < names->len; i++)
    {
      if (fstatat (fd, names->pdata[i], &st, AT_SYMLINK_NOFOLLOW) < 0)
        return error_throw_errno (error, errno, "cannot read '%s' of the new deployment", (char *) names->pdata[i]);
      *size += (guint64) st.st_blocks * 512;
      if (S_ISDIR (st.st_mode))
        {
          if (!check_modes (fd, names->pdata[i], size, error))
            return FALSE;
        }
      else if (!S_ISLNK (st.st_mode) && (!S_ISREG (st.st_mode) || (st.st_mode & 07022) != 0))
        return error_throw_code (error, ERROR_REFUSED, "its file '%s' has the mode %06o, which is not allowed",
                                 (char *) names->pdata[i], (unsigned) st.st_mode);
    }
  return TRUE;
}

/* One subfolder of the commit, as hard links to the repository's objects. */
static gboolean
checkout_folder (OstreeRepo *repo, const char *checksum, GFile *root, const char *name, Staging *staging,
                 guint64 *size, GError **error)
{
  g_autoptr (GFile) folder = g_file_get_child (root, name);
  g_autofree char *subpath = g_strconcat ("/", name, NULL);
  OstreeRepoCheckoutAtOptions options = { .mode = OSTREE_REPO_CHECKOUT_MODE_USER,
                                          .overwrite_mode = OSTREE_REPO_CHECKOUT_OVERWRITE_NONE,
                                          .bareuseronly_dirs = TRUE,
                                          .subpath = subpath };

  if (g_file_query_file_type (folder, G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS, NULL) != G_FILE_TYPE_DIRECTORY)
    return error_throw_code (error, ERROR_REFUSED, "there is no folder \"%s\" in it", name);
  return ostree_repo_checkout_at (repo, &options, staging->fd, name, checksum, NULL, error)
         && check_modes (staging->fd, name, size, error);
}

static gboolean
deploy (Store *store, OstreeRepo *repo, const char *remote, const Ref *ref, const BundleCommit *commit,
        GError **error)
{
  g_auto (Staging) staging = STAGING_INIT;
  g_autofree char *name = ref_format (ref);
  g_autofree char *deploy_ref = g_strconcat ("deploy/", name, NULL);
  DeployRecord record = { .ref = ref, .checksum = commit->checksum, .metadata = commit->metadata->text,
                          .origin = remote, .commit_time = commit->time };
  g_autoptr (GFile) root = NULL;

  if (!check_tree_metadata (repo, commit, error)
      || !ostree_repo_read_commit (repo, commit->checksum, &root, NULL, NULL, error)
      || !staging_begin (store, &staging, error))
    return FALSE;
  g_autoptr (GFile) export_folder = g_file_get_child (root, "export");
  g_autofree char *what = g_strdup_printf ("deploying %s", name);
  store_report (store, what, 0, 0);
  if (!checkout_folder (repo, commit->checksum, root, "files", &staging, &record.size, error))
    return FALSE;
  if (g_file_query_exists (export_folder, NULL)
      && !checkout_folder (repo, commit->checksum, root, "export", &staging, &record.size, error))
    return FALSE;
  if (!ostree_repo_set_ref_immediate (repo, NULL, deploy_ref, commit->checksum, NULL, error))
    return FALSE;
  autofd existing = staging_open_existing (store, ref, commit->checksum);
  if (existing >= 0)
    return staging_reactivate (store, &record, error);
  return extra_install (&staging, ref, commit->metadata, error) && staging_deploy (&staging, &record, error);
}

/* An app is of no use without its runtime; where the user has it from does not matter. */
static gboolean
require_runtime (Store *store, const char *remote, const BundleCommit *commit, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if (commit->metadata->kind != REF_APP || commit->metadata->runtime == NULL)
    return TRUE;
  g_autoptr (Ref) runtime = ref_parse_partial (REF_RUNTIME, commit->metadata->runtime, NULL, NULL, error);
  if (runtime == NULL)
    return FALSE;
  g_autoptr (Deployment) installed = deployment_open (runtime, &local_error);
  if (installed != NULL)
    return TRUE;
  if (!g_error_matches (local_error, ERROR_DOMAIN, ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (!store_pull_ref (store, remote, runtime, NULL, error))
    return error_prefix (error, "it needs the runtime %s, which is not installed", commit->metadata->runtime);
  return TRUE;
}

static gboolean
pull_ref (Store *store, OstreeRepo *repo, const char *remote, const Ref *ref, gboolean *ret_changed, GError **error)
{
  g_autofree char *name = ref_format (ref);
  g_autoptr (Deployment) current = load_current (store, ref);
  g_autofree char *checksum = NULL;

  if (current != NULL && !check_origin (current, remote, error))
    return FALSE;
  checksum = transfer_commit_only (store, remote, name, error);
  if (checksum == NULL)
    return FALSE;
  g_autoptr (BundleCommit) commit = bundle_commit_load (repo, checksum, ref, error);
  if (commit == NULL)
    return FALSE;
  if (current != NULL && strcmp (current->checksum, checksum) == 0 && g_strcmp0 (current->origin, remote) == 0)
    return TRUE;
  if (current != NULL && !check_not_older (repo, current, commit, error))
    return FALSE;
  if (!consent_ask (store, current, commit->metadata, error) || !require_runtime (store, remote, commit, error)
      || !transfer_content (store, remote, name, checksum, commit->installed_size, error)
      || !deploy (store, repo, remote, ref, commit, error))
    return FALSE;
  *ret_changed = TRUE;
  return TRUE;
}

gboolean
store_pull_ref (Store *store, const char *remote, const Ref *ref, gboolean *ret_changed, GError **error)
{
  g_autofree char *name = ref_format (ref);
  gboolean changed = FALSE;
  int n_objects, n_pruned;
  guint64 freed;

  if (!remote_require (store, remote, error))
    return FALSE;
  OstreeRepo *repo = store_repo (store, error);
  if (repo == NULL)
    return FALSE;
  gboolean ok = pull_ref (store, repo, remote, ref, &changed, error);
  /* The pull is over: its ref would keep objects of a commit that may have been refused. */
  ostree_repo_set_ref_immediate (repo, remote, name, NULL, NULL, NULL);
  if (!ok)
    return error_prefix (error, "cannot install %s from the remote \"%s\"", name, remote);
  if (changed && !ostree_repo_prune (repo, OSTREE_REPO_PRUNE_FLAGS_REFS_ONLY, 0, &n_objects, &n_pruned, &freed, NULL,
                                     error))
    return error_prefix (error, "%s is installed, but old files could not be removed", name);
  if (ret_changed != NULL)
    *ret_changed = changed;
  return TRUE;
}

gboolean
store_install_remote (Store *store, const char *remote, const Ref *ref, gboolean *ret_changed, GError **error)
{
  return store_pull_ref (store, remote, ref, ret_changed, error);
}
