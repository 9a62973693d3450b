/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Opening the store for writing, and clearing up after writers that did not come to their end.
 *
 * The lock of the store says that there is no other writer: so what is in .staging belongs to nobody, and
 * a deployment that `active` does not name is detached.  A detached one may still be in use: that is what its
 * own lock tells.
 */
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "store/deployment-private.h"
#include "store/exports.h"
#include "store/store-private.h"

static gboolean
create_root (const char *path, GError **error)
{
  g_autofree char *system_path = store_root_path (TRUE, NULL);
  /* The administrator's store is for everybody to read. */
  mode_t mode = geteuid () == 0 && g_strcmp0 (path, system_path) == 0 ? 0755 : 0700;
  autofd fd = file_mkdir_p (AT_FDCWD, path, mode, error);

  return fd >= 0 || error_prefix (error, "cannot create the store %s", path);
}

static gboolean
open_root (StoreRoot *ret_root, GError **error)
{
  g_auto (StoreRoot) root = STORE_ROOT_INIT;

  if (!store_root_open (FALSE, &root, error))
    return FALSE;
  if (root.fd < 0)
    {
      if (!create_root (root.path, error))
        return FALSE;
      store_root_clear (&root);
      if (!store_root_open (FALSE, &root, error))
        return FALSE;
    }
  if (root.fd < 0)
    return error_throw (error, "the store %s was removed while it was being opened", root.path);
  *ret_root = (StoreRoot){ g_steal_pointer (&root.path), file_steal_fd (&root.fd), FALSE };
  return TRUE;
}

gboolean
store_is_locked (void)
{
  g_auto (StoreRoot) root = STORE_ROOT_INIT;

  if (!store_root_open (FALSE, &root, NULL) || root.fd < 0)
    return FALSE;
  autofd fd = openat (root.fd, "lock", O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  return fd >= 0 && flock (fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

/* TRUE with *ret_fd -1: somebody uses it.  A deployment without a lock file was never complete. */
static gboolean
lock_for_removal (int dir_fd, gboolean *ret_busy, int *ret_fd, GError **error)
{
  autofd fd = openat (dir_fd, ".ref", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

  *ret_busy = FALSE;
  if (fd < 0 && (errno == ENOENT || errno == ELOOP || errno == ENOTDIR))
    return TRUE;
  if (fd < 0)
    return error_throw_errno (error, errno, "cannot open the lock of a deployment");
  if (flock (fd, LOCK_EX | LOCK_NB) < 0)
    *ret_busy = TRUE;
  *ret_fd = file_steal_fd (&fd);
  return TRUE;
}

/* Staging folders of writers that are gone; a deployment that was moved here while in use waits. */
static gboolean
sweep_staging (Store *store, GError **error)
{
  g_autoptr (GPtrArray) names = deployment_list_names (store->root_fd, ".staging", error);

  for (guint i = 0; names != NULL && i < names->len; i++)
    {
      autofd dir_fd = openat (store->staging_fd, names->pdata[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      autofd lock_fd = -1;
      gboolean busy = FALSE;

      if (dir_fd >= 0 && !lock_for_removal (dir_fd, &busy, &lock_fd, error))
        return FALSE;
      if (!busy && !file_remove_tree (store->staging_fd, names->pdata[i], error))
        return FALSE;
    }
  return names != NULL;
}

/* Move the deployment out of sight, so that a kill in the middle leaves no half of it at its place. */
static gboolean
remove_detached (Store *store, int branch_fd, const char *checksum, gboolean *ret_busy, GError **error)
{
  autofd dir_fd = openat (branch_fd, checksum, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  autofd lock_fd = -1;
  autofd target_fd = -1;
  g_autofree char *name = NULL;

  *ret_busy = FALSE;
  if (dir_fd < 0)
    return unlinkat (branch_fd, checksum, 0) == 0 || errno == ENOENT
           || error_throw_errno (error, errno, "cannot remove '%s' from the store %s", checksum, store->path);
  if (!lock_for_removal (dir_fd, ret_busy, &lock_fd, error) || *ret_busy)
    return *ret_busy;
  target_fd = file_mkdtemp (store->staging_fd, "removed-", &name, error);
  if (target_fd < 0)
    return FALSE;
  if (renameat (branch_fd, checksum, target_fd, checksum) < 0)
    return error_throw_errno (error, errno, "cannot remove the old deployment %s from the store %s", checksum,
                              store->path);
  return file_remove_tree (store->staging_fd, name, error);
}

/* Folders that became empty, from the branch up to the id. */
static void
remove_empty_parents (Store *store, const Ref *ref)
{
  g_autofree char *path = deployment_branch_path (ref);

  for (int i = 0; i < 3; i++)
    {
      if (unlinkat (store->root_fd, path, AT_REMOVEDIR) < 0)
        return;
      *strrchr (path, '/') = '\0';
    }
}

gboolean
store_sweep_ref (Store *store, const Ref *ref, guint *ret_n_busy, GError **error)
{
  g_autofree char *path = deployment_branch_path (ref);
  g_autofree char *active = NULL;
  autofd branch_fd = file_open_beneath (store->root_fd, path, O_RDONLY | O_DIRECTORY, 0, error);
  guint n_busy = 0;

  if (branch_fd < 0)
    return FALSE;
  g_autoptr (GPtrArray) names = deployment_list_names (store->root_fd, path, error);
  if (names == NULL)
    return FALSE;
  /* A link that names no deployment: everything here is left alone until it is installed or removed again. */
  if (!deployment_read_active (branch_fd, path, &active, NULL))
    return TRUE;
  for (guint i = 0; i < names->len; i++)
    {
      const char *name = names->pdata[i];
      gboolean busy = FALSE;

      if (!store_checksum_is_valid (name) || g_strcmp0 (name, active) == 0)
        continue;
      if (!remove_detached (store, branch_fd, name, &busy, error))
        return FALSE;
      n_busy += busy;
    }
  unlinkat (branch_fd, ".active.new", 0);
  remove_empty_parents (store, ref);
  if (ret_n_busy != NULL)
    *ret_n_busy = n_busy;
  return TRUE;
}

static gboolean
sweep_all (Store *store, GError **error)
{
  const StoreRoot root = STORE_AS_ROOT (store);
  g_autoptr (GPtrArray) refs = g_ptr_array_new_with_free_func ((GDestroyNotify) ref_free);

  if (!deployment_collect_branches (&root, REF_APP, refs, error)
      || !deployment_collect_branches (&root, REF_RUNTIME, refs, error))
    return FALSE;
  for (guint i = 0; i < refs->len; i++)
    if (!store_sweep_ref (store, refs->pdata[i], NULL, error))
      return FALSE;
  return TRUE;
}

Store *
store_open (GError **error)
{
  g_auto (StoreRoot) root = STORE_ROOT_INIT;
  g_autoptr (Store) store = g_new0 (Store, 1);

  store->root_fd = store->lock_fd = store->staging_fd = -1;
  store->notes = g_ptr_array_new_with_free_func (g_free);
  if (!open_root (&root, error))
    return NULL;
  store->path = g_steal_pointer (&root.path);
  store->root_fd = file_steal_fd (&root.fd);
  store->lock_fd = file_lock (store->root_fd, "lock", TRUE, TRUE, error);
  if (store->lock_fd >= 0)
    store->staging_fd = file_mkdir_p (store->root_fd, ".staging", 0700, error);
  if (store->staging_fd < 0 || !sweep_staging (store, error) || !sweep_all (store, error))
    {
      error_prefix (error, "cannot open the store %s for writing", store->path);
      return NULL;
    }
  store_tell_desktop (store, NULL); /* the last writer may have been killed before it did */
  return g_steal_pointer (&store);
}

Store *
store_open_reading (GError **error)
{
  g_auto (StoreRoot) root = STORE_ROOT_INIT;

  if (!store_root_open (FALSE, &root, error))
    return NULL;
  Store *store = g_new0 (Store, 1);
  store->lock_fd = store->staging_fd = -1;
  store->notes = g_ptr_array_new_with_free_func (g_free);
  store->path = g_steal_pointer (&root.path);
  store->root_fd = file_steal_fd (&root.fd);
  return store;
}

void
store_free (Store *store)
{
  if (store == NULL)
    return;
  g_clear_object (&store->repo);
  g_clear_pointer (&store->notes, g_ptr_array_unref);
  file_close_fd (&store->staging_fd);
  file_close_fd (&store->root_fd);
  file_close_fd (&store->lock_fd);
  g_free (store->path);
  g_free (store);
}

void
store_set_progress (Store *store, StoreProgress progress, gpointer data)
{
  store->progress = progress;
  store->progress_data = data;
}

void
store_set_apply_extra (Store *store, StoreApplyExtra apply, gpointer data)
{
  store->apply_extra = apply;
  store->apply_extra_data = data;
}

void
store_set_consent (Store *store, StoreConsent consent, gpointer data)
{
  store->consent = consent;
  store->consent_data = data;
}

const GPtrArray *
store_notes (const Store *store)
{
  return store->notes;
}

void
store_note (Store *store, const char *sentence)
{
  g_ptr_array_add (store->notes, g_strdup (sentence));
}

void
store_report (Store *store, const char *what, guint64 done, guint64 total)
{
  if (store->progress != NULL)
    store->progress (what, done, total, store->progress_data);
}

OstreeRepo *
store_repo (Store *store, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  struct stat st;

  if (store->repo != NULL)
    return store->repo;
  if (store->lock_fd < 0 && (store->root_fd < 0 || faccessat (store->root_fd, "repo/config", F_OK, 0) < 0))
    {
      error_throw_code (error, ERROR_NOT_FOUND, "there is no repository in %s yet", store->path);
      return NULL;
    }
  if (fstatat (store->root_fd, "repo", &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR (st.st_mode))
    {
      error_throw_code (error, ERROR_REFUSED, "%s/repo is not a folder", store->path);
      return NULL;
    }
  store->repo = ostree_repo_open_at (store->root_fd, "repo", NULL, &local_error);
  if (store->repo == NULL && g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    {
      g_clear_error (&local_error);
      store->repo
        = ostree_repo_create_at (store->root_fd, "repo", OSTREE_REPO_MODE_BARE_USER_ONLY, NULL, NULL, &local_error);
    }
  if (store->repo != NULL && ostree_repo_get_mode (store->repo) != OSTREE_REPO_MODE_BARE_USER_ONLY)
    {
      g_clear_object (&store->repo);
      g_set_error (&local_error, ERROR_DOMAIN, ERROR_REFUSED, "it is not in the mode bare-user-only");
    }
  if (store->repo == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      error_prefix (error, "cannot open the repository %s/repo", store->path);
    }
  return store->repo;
}
