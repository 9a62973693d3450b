/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/tree/copy.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/tree/walk.h"

gboolean
tree_copy_file (int source_fd, const char *name, int dest_fd, const char *dest_name, mode_t mode, GError **error)
{
  struct stat st;
  /* O_NONBLOCK: a FIFO in the place of a file must not stop us. */
  autofd in = file_open (source_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0, error);

  if (in < 0)
    return FALSE;
  if (fstat (in, &st) < 0 || !S_ISREG (st.st_mode))
    return error_throw_code (error, ERROR_REFUSED, "'%s' is not a regular file", name);
  autofd out = file_open (dest_fd, dest_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode, error);
  if (out < 0 || !file_copy_fd (in, out, name, error))
    return FALSE;
  return TRUE;
}

static gboolean
copy_link (const TreeEntry *entry, int dest_fd, GError **error)
{
  char target[4097];
  ssize_t length = readlinkat (entry->parent_fd, entry->name, target, sizeof target - 1);

  if (length < 0)
    return error_throw_errno (error, errno, "cannot read the link '%s'", entry->path);
  target[length] = '\0';
  if (symlinkat (target, dest_fd, entry->name) < 0)
    return error_throw_errno (error, errno, "cannot make the link '%s'", entry->path);
  return TRUE;
}

static gboolean
copy_entry (const TreeEntry *entry, gpointer data, GError **error)
{
  int dest_root = *(const int *) data;
  mode_t type = entry->st.st_mode & S_IFMT;
  const char *slash = strrchr (entry->path, '/');
  g_autofree char *parent = slash != NULL ? g_strndup (entry->path, (gsize) (slash - entry->path)) : g_strdup (".");
  autofd dest = file_open_beneath (dest_root, parent, O_PATH | O_DIRECTORY, 0, error);

  if (dest < 0)
    return FALSE;
  if (type == S_IFLNK)
    return copy_link (entry, dest, error);
  if (type == S_IFDIR)
    {
      if (mkdirat (dest, entry->name, 0755) < 0)
        return error_throw_errno (error, errno, "cannot make the directory '%s'", entry->path);
      return TRUE;
    }
  if (type != S_IFREG)
    return error_throw_code (error, ERROR_REFUSED, "'%s' is neither a file, a directory nor a symbolic link", entry->path);
  if (!tree_copy_file (entry->parent_fd, entry->name, dest, entry->name, (entry->st.st_mode & 0755) | 0600, error))
    return error_prefix (error, "cannot copy '%s'", entry->path);
  return TRUE;
}

gboolean
tree_copy (int source_fd, int dest_fd, GError **error)
{
  return tree_walk (source_fd, FALSE, copy_entry, &dest_fd, error);
}
