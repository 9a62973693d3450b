/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/leftovers.h"
#include "image/image.h"

#define TEMPORARY_SUFFIX ".part"

static gboolean
image_is_whole (int fd, const char *name)
{
  ImageInfo info;

  return image_inspect (fd, name, &info, NULL) && info.sealed && image_verify (fd, name, NULL);
}

int
output_find_image (const BuildState *state, const char *id, const char *key)
{
  g_autofree char *name = g_strconcat (id, "@", key, NULL);
  autofd images = build_state_dir (state, "images", NULL);

  if (images < 0)
    return -1;
  autofd fd = file_open (images, name, O_RDONLY | O_NOFOLLOW, 0, NULL);
  if (fd < 0 || !image_is_whole (fd, name))
    return -1;
  return file_steal_fd (&fd);
}

char *
output_image_path (const BuildState *state, const char *id, const char *key)
{
  g_autofree char *name = g_strconcat (id, "@", key, NULL);

  return g_build_filename (state->path, "images", name, NULL);
}

static char *
mark_path (const char *id, const char *key)
{
  return g_strconcat ("images/", id, "@", key, ".tested", NULL);
}

gboolean
output_is_tested (const BuildState *state, const char *id, const char *key)
{
  g_autofree char *path = mark_path (id, key);

  return faccessat (state->dir_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

gboolean
output_mark_tested (const BuildState *state, const char *id, const char *key, GError **error)
{
  g_autofree char *path = mark_path (id, key);

  return file_write_unsynced (state->dir_fd, path, "", 0, 0644, error);
}

/* Only the image of the last build of an id is worth its space. */
static gboolean
remove_earlier (int images, const char *id, GError **error)
{
  g_autofree char *prefix = g_strconcat (id, "@", NULL);
  g_autoptr (GPtrArray) names = file_list (images, "the images of earlier builds", error);

  if (names == NULL)
    return FALSE;
  for (guint i = 0; i < names->len; i++)
    if (g_str_has_prefix (names->pdata[i], prefix) && !file_remove_tree (images, names->pdata[i], error))
      return FALSE;
  return TRUE;
}

int
output_write_image (const BuildState *state, const char *id, const char *key, int bundle_fd,
                    const ImageWriteOptions *options, GError **error)
{
  g_autofree char *name = g_strconcat (id, "@", key, NULL);
  autofd images = build_state_dir (state, "images", error);

  /* In work/, which the next build empties when this one is killed. */
  if (images < 0)
    return -1;
  autofd fd = file_open (state->dir_fd, "work/image", O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0644, error);
  if (fd < 0 || !image_write (bundle_fd, fd, options, error))
    return -1;
  /* Not synced: what output_find_image() takes up is checked by its hash tree. */
  if (!remove_earlier (images, id, error))
    return -1;
  if (renameat (state->dir_fd, "work/image", images, name) < 0)
    {
      error_throw_errno (error, errno, "cannot keep the image in '%s/images'", state->path);
      return -1;
    }
  return file_open (images, name, O_RDONLY | O_NOFOLLOW, 0, error);
}

static gboolean
is_same_image (int image_fd, const char *path)
{
  autofd old = file_open (AT_FDCWD, path, O_RDONLY | O_NONBLOCK, 0, NULL);
  struct stat a, b;

  if (old < 0 || fstat (old, &a) < 0 || fstat (image_fd, &b) < 0 || !S_ISREG (a.st_mode) || a.st_size != b.st_size)
    return FALSE;
  g_autofree char *old_digest = image_digest (old, path, NULL);
  g_autofree char *new_digest = image_digest (image_fd, "image", NULL);
  return old_digest != NULL && g_strcmp0 (old_digest, new_digest) == 0 && image_is_whole (old, path);
}

static gboolean
copy_to_temporary (int image_fd, int dir_fd, const char *temporary, const char *path, mode_t mode, GError **error)
{
  autofd out = file_open (dir_fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600, error);

  if (out < 0)
    return FALSE;
  leftovers_hold (out);
  if (lseek (image_fd, 0, SEEK_SET) < 0)
    return error_throw_errno (error, errno, "cannot read the image");
  if (!file_copy_fd (image_fd, out, path, error))
    return FALSE;
  if (fchmod (out, mode) < 0 || fsync (out) < 0)
    return error_throw_errno (error, errno, "the copy cannot be completed");
  return TRUE;
}

gboolean
output_check_path (const char *path, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (path);
  struct stat st;

  if (stat (path, &st) == 0)
    return !S_ISDIR (st.st_mode) || error_throw (error, "'%s' is a folder; name the file to write with -o", path);
  if (stat (parent, &st) == 0 && !S_ISDIR (st.st_mode))
    errno = ENOTDIR;
  else if (faccessat (AT_FDCWD, parent, W_OK | X_OK, AT_EACCESS) == 0)
    return TRUE;
  return error_throw_errno (error, errno, "'%s' cannot be written to the folder '%s'", path, parent);
}

gboolean
output_copy_image (int image_fd, const char *path, mode_t mode, gboolean *ret_unchanged, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *prefix = g_strdup_printf (".%s.", name);
  g_autofree char *temporary = g_strdup_printf ("%s%ld" TEMPORARY_SUFFIX, prefix, (long) getpid ());

  if (is_same_image (image_fd, path))
    {
      *ret_unchanged = TRUE;
      return TRUE;
    }
  autofd dir = file_open (AT_FDCWD, parent, O_RDONLY | O_DIRECTORY, 0, error);
  if (dir < 0)
    return error_prefix (error, "cannot write '%s'", path);
  (void) leftovers_remove_files (dir, prefix, TEMPORARY_SUFFIX, NULL); /* they only take room */
  if (!copy_to_temporary (image_fd, dir, temporary, path, mode, error))
    {
      (void) unlinkat (dir, temporary, 0);
      return error_prefix (error, "cannot write '%s'", path);
    }
  if (renameat (dir, temporary, dir, name) < 0)
    {
      int saved_errno = errno;
      (void) unlinkat (dir, temporary, 0);
      return error_throw_errno (error, saved_errno, "cannot write '%s'", path);
    }
  *ret_unchanged = FALSE;
  return TRUE;
}
