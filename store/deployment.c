/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Opening a deployment while others may replace it.
 *
 * A writer makes the new deployment complete, replaces the link `active` by rename, and only then takes
 * the exclusive lock on the old one's `.ref` to remove it; it keeps that lock until the folder is gone.
 * So a reader that follows `active` either gets the shared lock on a file that is still linked, and then the
 * deployment stays until it lets go; or it lost the race, and `active` already names another: it looks again.
 */
#include "store/deployment-private.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/witness.h"

#define RACES_MAX 64
#define DEPLOY_SIZE_MAX (64 * 1024)

void
deployment_free (Deployment *deployment)
{
  if (deployment == NULL)
    return;
  g_clear_pointer (&deployment->ref, ref_free);
  g_clear_pointer (&deployment->metadata, metadata_free);
  file_close_fd (&deployment->dir_fd);
  file_close_fd (&deployment->lock_fd);
  g_free (deployment->checksum);
  g_free (deployment->path);
  g_free (deployment->origin);
  g_free (deployment);
}

gboolean
deployment_read_active (int branch_fd, const char *path, char **ret_checksum, GError **error)
{
  char target[PATH_MAX];
  ssize_t length = readlinkat (branch_fd, "active", target, sizeof target - 1);

  if (length < 0 && errno == ENOENT)
    {
      *ret_checksum = NULL;
      return TRUE;
    }
  if (length < 0)
    return error_throw_errno (error, errno, "cannot read the link %s/active", path);
  target[length] = '\0';
  if (!store_checksum_is_valid (target))
    return error_throw_code (error, ERROR_REFUSED,
                             "the link %s/active does not name a deployment; remove it and install again", path);
  *ret_checksum = g_strdup (target);
  return TRUE;
}

/* TRUE with *ret_fd -1: there is nothing to lock on this store (read-only, or not ours to lock).
 * FALSE without *error: the deployment is being removed. */
static gboolean
lock_shared (int dir_fd, const char *path, int *ret_fd, GError **error)
{
  autofd fd = openat (dir_fd, ".ref", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  struct stat st;

  if (fd < 0 && errno == ENOENT)
    return FALSE;
  if (fd < 0 && (errno == EACCES || errno == EROFS))
    {
      *ret_fd = -1;
      return TRUE;
    }
  if (fd < 0)
    return error_throw_errno (error, errno, "cannot open the lock of %s", path);
  while (flock (fd, LOCK_SH | LOCK_NB) < 0)
    {
      if (errno == EWOULDBLOCK)
        return FALSE;
      if (errno != EINTR)
        return error_throw_errno (error, errno, "cannot lock %s", path);
    }
  if (fstat (fd, &st) < 0 || st.st_nlink == 0)
    return FALSE;
  *ret_fd = file_steal_fd (&fd);
  return TRUE;
}

static gboolean
read_form (Deployment *deployment, GError **error)
{
  struct stat st;

  if (fstatat (deployment->dir_fd, "image", &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG (st.st_mode))
    deployment->form = DEPLOYMENT_IMAGE;
  else if (fstatat (deployment->dir_fd, "files", &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR (st.st_mode))
    deployment->form = DEPLOYMENT_TREE;
  else
    return error_throw (error, "%s holds neither an image nor a folder \"files\"", deployment->path);
  return TRUE;
}

static gboolean
read_deploy_file (Deployment *deployment, GError **error)
{
  g_autoptr (GKeyFile) keyfile = g_key_file_new ();
  g_autofree char *text = NULL;
  gsize length = 0;
  autofd fd = file_open_beneath (deployment->dir_fd, "deploy", O_RDONLY | O_NONBLOCK, 0, error);

  if (fd < 0)
    return FALSE;
  text = file_read_fd (fd, "deploy", DEPLOY_SIZE_MAX, &length, error);
  if (text == NULL)
    return FALSE;
  if (!g_key_file_load_from_data (keyfile, text, length, G_KEY_FILE_NONE, NULL))
    return error_throw (error, "%s/deploy is no keyfile", deployment->path);
  deployment->origin = g_key_file_get_string (keyfile, DEPLOY_GROUP, DEPLOY_KEY_ORIGIN, NULL);
  deployment->commit_time = g_key_file_get_int64 (keyfile, DEPLOY_GROUP, DEPLOY_KEY_COMMIT_TIME, NULL);
  deployment->install_time = g_key_file_get_int64 (keyfile, DEPLOY_GROUP, DEPLOY_KEY_INSTALL_TIME, NULL);
  deployment->size = g_key_file_get_uint64 (keyfile, DEPLOY_GROUP, DEPLOY_KEY_SIZE, NULL);
  return TRUE;
}

static gboolean
read_content (Deployment *deployment, GError **error)
{
  g_autofree char *name = ref_format (deployment->ref);

  if (!read_form (deployment, error) || !read_deploy_file (deployment, error))
    return FALSE;
  autofd fd = file_open_beneath (deployment->dir_fd, "metadata", O_RDONLY | O_NONBLOCK, 0, error);
  if (fd < 0)
    return FALSE;
  gsize length = 0;
  g_autofree char *text = file_read_fd (fd, "metadata", 1024 * 1024, &length, error);
  if (text == NULL)
    return FALSE;
  deployment->metadata = metadata_parse (text, length, name, error);
  if (deployment->metadata == NULL)
    return FALSE;
  if (deployment->metadata->kind != deployment->ref->kind
      || strcmp (deployment->metadata->id, deployment->ref->id) != 0)
    return error_throw_code (error, ERROR_REFUSED, "%s/metadata belongs to the %s \"%s\"", deployment->path,
                             ref_kind_name (deployment->metadata->kind), deployment->metadata->id);
  return TRUE;
}

static void
note (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  witness_note (strcmp (name, "active") == 0 ? WITNESS_LINK : WITNESS_FILE, path);
}

/* NULL without *error: it changed under our hands, look again. */
static Deployment *
load_once (const StoreRoot *root, const Ref *ref, gboolean lock, GError **error)
{
  g_autofree char *branch_path = deployment_branch_path (ref);
  g_autofree char *full_path = g_build_filename (root->path, branch_path, NULL);
  g_autofree char *checksum = NULL;
  note (full_path, "active");
  autofd branch_fd = file_open_beneath (root->fd, branch_path, O_PATH | O_DIRECTORY, 0, error);

  if (branch_fd < 0 || !deployment_read_active (branch_fd, full_path, &checksum, error))
    return NULL;
  if (checksum == NULL)
    {
      error_throw_code (error, ERROR_NOT_FOUND, "%s is not installed in %s", branch_path, root->path);
      return NULL;
    }

  g_autoptr (Deployment) deployment = g_new0 (Deployment, 1);
  deployment->lock_fd = -1;
  deployment->dir_fd = openat (branch_fd, checksum, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (deployment->dir_fd < 0 && errno == ENOENT)
    return NULL;
  if (deployment->dir_fd < 0)
    {
      error_throw_errno (error, errno, "cannot open the deployment %s/%s", full_path, checksum);
      return NULL;
    }
  deployment->ref = ref_copy (ref);
  deployment->path = g_build_filename (full_path, checksum, NULL);
  deployment->checksum = g_steal_pointer (&checksum);
  deployment->system = root->system;
  note (deployment->path, "deploy");
  note (deployment->path, "metadata");
  note (deployment->path, "image");
  if (lock && !lock_shared (deployment->dir_fd, deployment->path, &deployment->lock_fd, error))
    return NULL;
  if (!read_content (deployment, error))
    {
      if (error != NULL && (*error)->code == ERROR_NOT_FOUND)
        (*error)->code = ERROR_FAILED; /* damaged, which is not "not installed" */
      error_prefix (error, "the installed %s is damaged (%s); uninstall it and install it again", branch_path,
                    deployment->path);
      return NULL;
    }
  return g_steal_pointer (&deployment);
}

Deployment *
deployment_load_active (const StoreRoot *root, const Ref *ref, gboolean lock, GError **error)
{
  for (int attempt = 0; attempt < RACES_MAX; attempt++)
    {
      g_autoptr (GError) local_error = NULL;
      Deployment *deployment = load_once (root, ref, lock, &local_error);

      if (deployment != NULL)
        return deployment;
      if (local_error != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return NULL;
        }
      g_usleep (1000); /* the writer is between two renames */
    }
  g_autofree char *name = ref_format (ref);
  error_throw (error,
               "the installed %s in %s is damaged (its link \"active\" points to nothing, or its lock is missing); "
               "uninstall it and install it again",
               name, root->path);
  return NULL;
}

Deployment *
deployment_open (const Ref *ref, GError **error)
{
  for (int system = FALSE; system <= TRUE; system++)
    {
      g_auto (StoreRoot) root = STORE_ROOT_INIT;
      g_autoptr (GError) local_error = NULL;

      if (!store_root_open (system, &root, error))
        return NULL;
      if (root.fd < 0)
        continue;
      Deployment *deployment = deployment_load_active (&root, ref, TRUE, &local_error);
      if (deployment != NULL)
        return deployment;
      if (!g_error_matches (local_error, ERROR_DOMAIN, ERROR_NOT_FOUND))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return NULL;
        }
    }
  (void) deployment_throw_missing (ref, NULL, error);
  return NULL;
}

int
deployment_open_content (const Deployment *deployment, GError **error)
{
  if (deployment->form == DEPLOYMENT_TREE)
    return file_open_beneath (deployment->dir_fd, "files", O_PATH | O_DIRECTORY, 0, error);
  return file_open_beneath (deployment->dir_fd, "image", O_RDONLY | O_NONBLOCK, 0, error);
}
