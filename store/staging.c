/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From a staging folder to an active deployment.
 *
 * Order is everything here.  The content is synced before it gets its name; the name is synced before
 * `active` points to it; and `active` is replaced by one rename.  After a kill or a power cut at any point,
 * `active` is the old deployment or the new one, and each is complete.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "store/deployment-private.h"
#include "store/exports.h"
#include "store/store-private.h"

gboolean
staging_begin (Store *store, Staging *ret_staging, GError **error)
{
  g_autofree char *name = NULL;
  autofd fd = file_mkdtemp (store->staging_fd, "new-", &name, error);

  if (fd < 0)
    return error_prefix (error, "cannot write to the store %s", store->path);
  ret_staging->store = store;
  ret_staging->name = g_steal_pointer (&name);
  ret_staging->fd = file_steal_fd (&fd);
  return TRUE;
}

void
staging_clear (Staging *staging)
{
  file_close_fd (&staging->fd);
  if (staging->name != NULL)
    file_remove_tree (staging->store->staging_fd, staging->name, NULL); /* else the next writer does */
  g_clear_pointer (&staging->name, g_free);
}

static gboolean
write_deploy_file (int dir_fd, const DeployRecord *record, GError **error)
{
  g_autoptr (GKeyFile) keyfile = g_key_file_new ();
  gsize length = 0;

  if (record->origin != NULL)
    g_key_file_set_string (keyfile, DEPLOY_GROUP, DEPLOY_KEY_ORIGIN, record->origin);
  g_key_file_set_int64 (keyfile, DEPLOY_GROUP, DEPLOY_KEY_COMMIT_TIME, record->commit_time);
  g_key_file_set_int64 (keyfile, DEPLOY_GROUP, DEPLOY_KEY_INSTALL_TIME, g_get_real_time () / G_USEC_PER_SEC);
  g_key_file_set_uint64 (keyfile, DEPLOY_GROUP, DEPLOY_KEY_SIZE, record->size);
  g_autofree char *text = g_key_file_to_data (keyfile, &length, NULL);
  return file_write_atomic (dir_fd, "deploy", text, length, 0644, error);
}

/* What the desktop may see of it.  A bundle whose exports are too many is a bundle all the same. */
static gboolean
stage_exports (Staging *staging, const DeployRecord *record, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GPtrArray) items = NULL;
  autofd image = openat (staging->fd, "image", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  autofd folder = image >= 0 ? -1 : openat (staging->fd, "export", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

  if (record->ref->kind == REF_APP)
    items = image >= 0 ? exports_read_image (image, record->ref->id, &local_error) : exports_read_folder (folder, &local_error);
  if (local_error != NULL)
    {
      g_autofree char *note = g_strdup_printf ("the desktop does not get the app's files: %s", local_error->message);
      store_note (staging->store, note);
    }
  return (items == NULL || exports_write (staging->fd, record->ref, items, staging->store->notes, error))
         && file_remove_tree (staging->fd, "export", error);
}

static gboolean
complete (Staging *staging, const DeployRecord *record, GError **error)
{
  autofd lock_fd = -1;

  if (!stage_exports (staging, record, error)
      || !file_write_atomic (staging->fd, "metadata", record->metadata, strlen (record->metadata), 0644, error)
      || !write_deploy_file (staging->fd, record, error))
    return FALSE;
  lock_fd = file_open (staging->fd, ".ref", O_RDWR | O_CREAT | O_EXCL, 0644, error);
  if (lock_fd < 0)
    return FALSE;
  if (fchmod (lock_fd, 0644) < 0 || fchmod (staging->fd, 0755) < 0)
    return error_throw_errno (error, errno, "cannot set the modes of a new deployment");
  /* One call for what may be thousands of files. */
  if (syncfs (staging->fd) < 0)
    return error_throw_errno (error, errno, "cannot write the new deployment to the disk");
  return TRUE;
}

/* Sync the folder and those above it up to the store's root: any of them may be new. */
static gboolean
sync_upwards (int branch_fd, GError **error)
{
  autofd current = fcntl (branch_fd, F_DUPFD_CLOEXEC, 3);

  for (int level = 0; level < 5; level++)
    {
      if (current < 0 || fsync (current) < 0)
        return error_throw_errno (error, errno, "cannot write a folder of the store to the disk");
      int parent = openat (current, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      file_close_fd (&current);
      current = parent;
    }
  return TRUE;
}

static gboolean
activate (int branch_fd, const char *checksum, GError **error)
{
  if (unlinkat (branch_fd, ".active.new", 0) < 0 && errno != ENOENT)
    return error_throw_errno (error, errno, "cannot remove an old link in the store");
  if (symlinkat (checksum, branch_fd, ".active.new") < 0
      || renameat (branch_fd, ".active.new", branch_fd, "active") < 0)
    return error_throw_errno (error, errno, "cannot make the deployment %s active", checksum);
  return sync_upwards (branch_fd, error);
}

static int
open_branch (Store *store, const Ref *ref, GError **error)
{
  g_autofree char *path = deployment_branch_path (ref);
  mode_t old_mask = umask (022); /* the same modes whoever installs: a system store is for all to read */
  int fd = file_mkdir_p (store->root_fd, path, 0755, error);

  umask (old_mask);
  return fd;
}

/* One with this name is there, but the caller did not want it: damaged.  Its users keep what they have open. */
static gboolean
move_aside (Store *store, int branch_fd, const char *checksum, GError **error)
{
  g_autofree char *name = g_strdup_printf ("replaced-%s-%" G_GINT64_FORMAT, checksum, g_get_real_time ());

  if (renameat (branch_fd, checksum, store->staging_fd, name) < 0 && errno != ENOENT)
    return error_throw_errno (error, errno, "cannot move the damaged deployment %s aside", checksum);
  return TRUE;
}

gboolean
staging_deploy (Staging *staging, const DeployRecord *record, GError **error)
{
  Store *store = staging->store;
  autofd branch_fd = -1;

  if (!complete (staging, record, error))
    return FALSE;
  branch_fd = open_branch (store, record->ref, error);
  if (branch_fd < 0 || !move_aside (store, branch_fd, record->checksum, error))
    return FALSE;
  if (renameat (store->staging_fd, staging->name, branch_fd, record->checksum) < 0)
    return error_throw_errno (error, errno, "cannot move the new deployment %s to its place", record->checksum);
  g_clear_pointer (&staging->name, g_free);
  if (!sync_upwards (branch_fd, error) || !activate (branch_fd, record->checksum, error))
    return FALSE;
  store_tell_desktop (store, record->ref);
  return store_sweep_ref (store, record->ref, NULL, error);
}

int
staging_open_existing (Store *store, const Ref *ref, const char *checksum)
{
  g_autofree char *path = deployment_branch_path (ref);
  g_autofree char *full = g_build_filename (path, checksum, NULL);

  return file_open_beneath (store->root_fd, full, O_RDONLY | O_DIRECTORY, 0, NULL);
}

gboolean
staging_reactivate (Store *store, const DeployRecord *record, GError **error)
{
  autofd dir_fd = staging_open_existing (store, record->ref, record->checksum);
  autofd branch_fd = open_branch (store, record->ref, error);

  if (branch_fd < 0)
    return FALSE;
  if (dir_fd < 0)
    return error_throw (error, "the deployment %s has gone", record->checksum);
  if (!write_deploy_file (dir_fd, record, error) || !activate (branch_fd, record->checksum, error))
    return FALSE;
  store_tell_desktop (store, record->ref);
  return store_sweep_ref (store, record->ref, NULL, error);
}
