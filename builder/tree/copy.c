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
copy_link (int source_fd, const char *name, int dest_fd, GError **error)
{
  char target[4097];
  ssize_t length = readlinkat (source_fd, name, target, sizeof target - 1);

  if (length < 0)
    return error_throw_errno (error, errno, "cannot read the link '%s'", name);
  target[length] = '\0';
  if (symlinkat (target, dest_fd, name) < 0)
    return error_throw_errno (error, errno, "cannot make the link '%s'", name);
  return TRUE;
}

gboolean
tree_copy_entry (int source_fd, const char *name, const struct stat *st, int dest_fd, GError **error)
{
  if (S_ISLNK (st->st_mode))
    return copy_link (source_fd, name, dest_fd, error);
  if (S_ISREG (st->st_mode))
    return tree_copy_file (source_fd, name, dest_fd, name, (st->st_mode & 0755) | 0600, error);
  if (!S_ISDIR (st->st_mode))
    return error_throw_code (error, ERROR_REFUSED, "'%s' is neither a file, a directory nor a symbolic link", name);
  return mkdirat (dest_fd, name, 0755) == 0 || error_throw_errno (error, errno, "cannot make the directory '%s'", name);
}

static gboolean
copy_entry (const TreeEntry *entry, gpointer data, GError **error)
{
  int dest_root = *(const int *) data;
  const char *slash = strrchr (entry->path, '/');
  g_autofree char *parent = slash != NULL ? g_strndup (entry->path, (gsize) (slash - entry->path)) : g_strdup (".");
  autofd dest = file_open_beneath (dest_root, parent, O_PATH | O_DIRECTORY, 0, error);

  if (dest < 0)
    return FALSE;
  return tree_copy_entry (entry->parent_fd, entry->name, &entry->st, dest, error) || error_prefix (error, "cannot copy '%s'", entry->path);
}

gboolean
tree_copy (int source_fd, int dest_fd, GError **error)
{
  return tree_walk (source_fd, FALSE, copy_entry, &dest_fd, error);
}
