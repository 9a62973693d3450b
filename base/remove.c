/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Removing a tree that somebody else may have filled: no link is followed, no mount crossed, and the
 * depth of the tree costs heap, not stack or descriptors (each level is reopened by "..", whose identity
 * is checked).
 */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

/* One directory on the way down. */
typedef struct
{
  char *name;   /* in its parent */
  dev_t dev;
  ino_t ino;
} Level;

static void
level_free (gpointer data)
{
  Level *level = data;

  g_free (level->name);
  g_free (level);
}

static gboolean
is_dots (const char *name)
{
  return strcmp (name, ".") == 0 || strcmp (name, "..") == 0;
}

/* Remove every entry that is no directory; *ret_subdir is one that is (caller frees), or NULL. */
static gboolean
empty_directory (int fd, const char *what, char **ret_subdir, GError **error)
{
  g_autofree char *subdir = NULL;
  int copy = openat (fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *dir = copy < 0 ? NULL : fdopendir (copy);

  if (dir == NULL)
    {
      int saved = errno;
      file_close_fd (&copy);
      return error_throw_errno (error, saved, "cannot list a folder below '%s'", what);
    }
  for (struct dirent *entry; (entry = readdir (dir)) != NULL;)
    {
      if (is_dots (entry->d_name))
        continue;
      if (unlinkat (fd, entry->d_name, 0) == 0 || errno == ENOENT)
        continue;
      if ((errno == EISDIR || errno == EPERM) && unlinkat (fd, entry->d_name, AT_REMOVEDIR) == 0)
        continue;
      if (errno == ENOTEMPTY || errno == EEXIST || errno == EACCES || errno == ENOTDIR)
        {
          if (subdir == NULL)
            subdir = g_strdup (entry->d_name);
          continue;
        }
      int saved = errno;
      (void) closedir (dir); /* only read from */
      return error_throw_errno (error, saved, "cannot remove '%s' below '%s'", entry->d_name, what);
    }
  (void) closedir (dir);
  *ret_subdir = g_steal_pointer (&subdir);
  return TRUE;
}

/* Open `name` below `parent`, on the file system `dev`, as a directory in which we may write. */
static int
enter (int parent, const char *name, dev_t dev, const char *what, struct stat *st, GError **error)
{
  autofd fd = openat (parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

  if (fd < 0 || fstat (fd, st) < 0)
    {
      error_throw_errno (error, errno, "cannot open '%s' below '%s'", name, what);
      return -1;
    }
  if (dev != 0 && st->st_dev != dev)
    {
      error_throw_code (error, ERROR_REFUSED, "refused to remove '%s' below '%s': something is mounted there", name, what);
      return -1;
    }
  if ((st->st_mode & 0700) != 0700)
    {
      char proc[64];
      /* fchmod() does not take O_PATH descriptors; the link below /proc names the same inode. */
      g_snprintf (proc, sizeof proc, "/proc/self/fd/%d", fd);
      (void) chmod (proc, (st->st_mode & 07777) | 0700); /* the next open tells if it did not help */
    }
  int readable = openat (fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (readable < 0)
    error_throw_errno (error, errno, "cannot open '%s' below '%s'", name, what);
  return readable;
}

static gboolean
remove_levels (int dirfd, const char *path, GPtrArray *levels, GError **error)
{
  struct stat st;
  autofd current = enter (dirfd, path, 0, path, &st, error);
  if (current < 0)
    return FALSE;
  const dev_t dev = st.st_dev;

  for (;;)
    {
      g_autofree char *subdir = NULL;

      if (!empty_directory (current, path, &subdir, error))
        return FALSE;
      if (subdir != NULL)
        {
          struct stat own;
          Level *level = g_new0 (Level, 1);

          if (fstat (current, &own) == 0)
            {
              level->dev = own.st_dev;
              level->ino = own.st_ino;
            }
          level->name = g_steal_pointer (&subdir);
          g_ptr_array_add (levels, level);
          int next = enter (current, level->name, dev, path, &st, error);
          if (next < 0)
            return FALSE;
          file_close_fd (&current);
          current = next;
          continue;
        }
      if (levels->len == 0)
        return TRUE;
      /* This one is empty: go up and remove it there. */
      Level *level = levels->pdata[levels->len - 1];
      autofd up = openat (current, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      if (up < 0 || fstat (up, &st) < 0)
        return error_throw_errno (error, errno, "cannot go up from '%s' below '%s'", level->name, path);
      if (st.st_dev != level->dev || st.st_ino != level->ino)
        return error_throw_code (error, ERROR_REFUSED, "'%s' was moved while it was being removed", path);
      if (unlinkat (up, level->name, AT_REMOVEDIR) < 0 && errno != ENOENT && errno != ENOTEMPTY)
        return error_throw_errno (error, errno, "cannot remove '%s' below '%s'", level->name, path);
      g_ptr_array_remove_index (levels, levels->len - 1);
      file_close_fd (&current);
      current = file_steal_fd (&up);
    }
}

gboolean
file_remove_tree (int dirfd, const char *path, GError **error)
{
  g_autoptr (GPtrArray) levels = g_ptr_array_new_with_free_func (level_free);

  if (unlinkat (dirfd, path, 0) == 0 || errno == ENOENT)
    return TRUE;
  if (unlinkat (dirfd, path, AT_REMOVEDIR) == 0)
    return TRUE;
  if (errno == ENOTDIR)
    return error_throw_errno (error, errno, "cannot remove '%s'", path);
  if (!remove_levels (dirfd, path, levels, error))
    return FALSE;
  if (unlinkat (dirfd, path, AT_REMOVEDIR) < 0 && errno != ENOENT)
    return error_throw_errno (error, errno, "cannot remove '%s'", path);
  return TRUE;
}
