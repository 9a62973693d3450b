/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/tree/normalise.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/tree/walk.h"

#define TEMPORARY_NAME ".nacelle-unlinked"

/* A hard link becomes a file of its own: the cache stores content, not links, and in-place edits of one name must not change
 * another depending on whether the tree came from the cache. */
static gboolean
break_hard_link (const TreeEntry *entry, mode_t mode, GError **error)
{
  autofd in = file_open (entry->parent_fd, entry->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, error);

  if (in < 0)
    return FALSE;
  autofd out = file_open (entry->parent_fd, TEMPORARY_NAME, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600, error);
  if (out < 0 || !file_copy_fd (in, out, entry->path, error))
    return FALSE;
  if (fchmod (out, mode) < 0
      || renameat (entry->parent_fd, TEMPORARY_NAME, entry->parent_fd, entry->name) < 0)
    return error_throw_errno (error, errno, "cannot replace '%s' by a copy", entry->path);
  return TRUE;
}

static gboolean
set_mode (const TreeEntry *entry, mode_t mode, GError **error)
{
  /* By descriptor: nothing can put a link in the way between the check and the change. */
  autofd fd = file_open (entry->parent_fd, entry->name, O_PATH | O_NOFOLLOW, 0, error);
  if (fd < 0)
    return FALSE;
  g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", fd);
  if (chmod (link, mode) < 0)
    return error_throw_errno (error, errno, "cannot set the mode of '%s'", entry->path);
  return TRUE;
}

static gboolean
normalise_entry (const TreeEntry *entry, gpointer data, GError **error)
{
  mode_t type = entry->st.st_mode & S_IFMT;
  mode_t mode = type == S_IFDIR || (entry->st.st_mode & 0111) != 0 ? 0755 : 0644;

  if (type != S_IFDIR && type != S_IFREG && type != S_IFLNK)
    return error_throw_code (error, ERROR_REFUSED,
                             "'%s' is a socket, a FIFO or a device; a bundle holds only files, directories and symbolic links; "
                             "remove it in a build command", entry->path);
  if (type != S_IFLNK && (entry->st.st_mode & 07777) != mode && !set_mode (entry, mode, error))
    return FALSE;
  if (type == S_IFREG && entry->st.st_nlink > 1 && !break_hard_link (entry, mode, error))
    return FALSE;
  return TRUE;
}

static gboolean
set_time (const TreeEntry *entry, gpointer data, GError **error)
{
  gint64 wanted = *(const gint64 *) data;
  const struct timespec times[2] = { { .tv_sec = wanted }, { .tv_sec = wanted } };

  if (entry->st.st_mtim.tv_sec == wanted && entry->st.st_mtim.tv_nsec == 0)
    return TRUE; /* leaves ctime alone, which tells later changes apart */
  if (utimensat (entry->parent_fd, entry->name, times, AT_SYMLINK_NOFOLLOW) < 0)
    return error_throw_errno (error, errno, "cannot set the time of '%s'", entry->path);
  return TRUE;
}

gboolean
tree_normalise (int root_fd, gint64 time, GError **error)
{
  /* Times come in a walk of their own: replacing hard links touches their directories again. */
  return tree_walk (root_fd, TRUE, normalise_entry, NULL, error) && tree_walk (root_fd, FALSE, set_time, &time, error);
}
