/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

#define MARK_NAME "nacelle-build"

char *
build_state_default_path (const char *id, const char *manifest_path, const char *arch)
{
  g_autofree char *absolute = g_canonicalize_filename (manifest_path, NULL);
  g_autofree char *resolved = realpath (absolute, NULL);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  g_checksum_update (checksum, (const guchar *) (resolved != NULL ? resolved : absolute), -1);
  g_checksum_update (checksum, (const guchar *) "\n", 1);
  g_checksum_update (checksum, (const guchar *) arch, -1);
  g_autofree char *name = g_strdup_printf ("%s-%.12s", id, g_checksum_get_string (checksum));
  return g_build_filename (g_get_user_cache_dir (), "nacelle", "build", name, NULL);
}

/* A build deletes things below its state directory, so one that is somebody's home, a source folder or "/" must never
 * become one by a slip on the command line. */
static gboolean
check_ours (const BuildState *state, GError **error)
{
  struct stat st;

  if (fstat (state->dir_fd, &st) < 0)
    return error_throw_errno (error, errno, "cannot look at the state directory '%s'", state->path);
  if (st.st_uid != geteuid ())
    return error_throw_code (error, ERROR_REFUSED, "the state directory '%s' belongs to another user; name another with --state-dir",
                             state->path);
  if (faccessat (state->dir_fd, MARK_NAME, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
    return TRUE;
  g_autoptr (GPtrArray) names = file_list (state->dir_fd, state->path, error);
  if (names == NULL)
    return error_prefix (error, "state directory '%s'", state->path);
  /* Another appbuild may have put the mark between the two looks. */
  if (names->len > 0 && faccessat (state->dir_fd, MARK_NAME, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
    return error_throw_code (error, ERROR_REFUSED,
                             "'%s' is not empty and is not a state directory of appbuild; name an empty or a new one with --state-dir",
                             state->path);
  autofd mark = file_open (state->dir_fd, MARK_NAME, O_WRONLY | O_CREAT | O_NOFOLLOW, 0644, error);
  return mark >= 0;
}

static gboolean
check_writable (const BuildState *state, GError **error)
{
  if (faccessat (state->dir_fd, ".", W_OK | X_OK, AT_EACCESS) == 0)
    return TRUE;
  return error_throw_errno (error, errno, "a build keeps its results in the state directory '%s', and cannot write there "
                            "(--state-dir names another one)", state->path);
}

static gboolean
take_lock (BuildState *state, Progress *progress, GError **error)
{
  g_autoptr (GError) local = NULL;

  state->lock_fd = file_lock (state->dir_fd, "lock", TRUE, FALSE, &local);
  if (state->lock_fd < 0)
    {
      if (!g_error_matches (local, ERROR_DOMAIN, ERROR_UNAVAILABLE))
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return FALSE;
        }
      g_autofree char *owner = file_read (state->dir_fd, "owner", 64, NULL, NULL);
      g_autofree char *what = g_strdup_printf ("waiting for appbuild (process %s), which is using %s",
                                               owner != NULL ? g_strstrip (owner) : "unknown", state->path);
      progress_step (progress, what);
      state->lock_fd = file_lock (state->dir_fd, "lock", TRUE, TRUE, error);
      if (state->lock_fd < 0)
        return FALSE;
    }
  g_autofree char *mine = g_strdup_printf ("%ld\n", (long) getpid ());
  return file_write_unsynced (state->dir_fd, "owner", mine, strlen (mine), 0644, error);
}

BuildState *
build_state_open (const char *path, Progress *progress, GError **error)
{
  g_autoptr (BuildState) state = g_new0 (BuildState, 1);

  state->dir_fd = state->lock_fd = -1;
  state->path = g_canonicalize_filename (path, NULL);
  /* The path is the user's own: links in it are followed. */
  if (g_mkdir_with_parents (state->path, 0700) < 0)
    {
      error_throw_errno (error, errno, "cannot make the state directory '%s'", state->path);
      return NULL;
    }
  state->dir_fd = file_open (AT_FDCWD, state->path, O_RDONLY | O_DIRECTORY, 0, error);
  if (state->dir_fd < 0 || !check_writable (state, error) || !check_ours (state, error) || !take_lock (state, progress, error))
    return NULL;
  return g_steal_pointer (&state);
}

BuildState *
build_state_try (const char *path, GError **error)
{
  g_autoptr (BuildState) state = g_new0 (BuildState, 1);

  state->dir_fd = state->lock_fd = -1;
  state->path = g_canonicalize_filename (path, NULL);
  if (!build_state_exists (path))
    {
      error_throw_code (error, ERROR_NOT_FOUND, "'%s' is not a state directory of appbuild", path);
      return NULL;
    }
  state->dir_fd = file_open (AT_FDCWD, state->path, O_RDONLY | O_DIRECTORY, 0, error);
  if (state->dir_fd < 0 || !check_ours (state, error))
    return NULL;
  state->lock_fd = file_lock (state->dir_fd, "lock", TRUE, FALSE, error);
  if (state->lock_fd < 0)
    return NULL;
  return g_steal_pointer (&state);
}

gint64
build_state_used (const BuildState *state)
{
  struct stat st;

  /* Written anew by each build. */
  return fstatat (state->dir_fd, "owner", &st, AT_SYMLINK_NOFOLLOW) == 0 ? (gint64) st.st_mtim.tv_sec : 0;
}

void
build_state_free (BuildState *state)
{
  if (state == NULL)
    return;
  file_close_fd (&state->lock_fd);
  file_close_fd (&state->dir_fd);
  g_free (state->path);
  g_free (state);
}

gboolean
build_state_exists (const char *path)
{
  g_autofree char *mark = g_build_filename (path, MARK_NAME, NULL);

  return g_file_test (mark, G_FILE_TEST_EXISTS);
}

int
build_state_dir (const BuildState *state, const char *name, GError **error)
{
  return file_mkdir_p (state->dir_fd, name, 0755, error);
}

int
build_state_begin_work (const BuildState *state, GError **error)
{
  if (!build_state_end_work (state, error))
    return -1;
  return file_mkdir_p (state->dir_fd, "work", 0700, error);
}

gboolean
build_state_end_work (const BuildState *state, GError **error)
{
  if (!file_remove_tree (state->dir_fd, "work", error))
    return error_prefix (error, "cannot remove the work directory '%s/work'", state->path);
  return TRUE;
}
