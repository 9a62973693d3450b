/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A folder for each test, and a few words to fill and read it.
 */
#pragma once

#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

typedef struct
{
  char *path;
  int fd;
} Folder;

static inline void
folder_set_up (Folder *folder, gconstpointer data)
{
  folder->path = g_dir_make_tmp ("nacelle-store-XXXXXX", NULL);
  g_assert_nonnull (folder->path);
  folder->fd = open (folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_cmpint (folder->fd, >=, 0);
}

static inline void
folder_tear_down (Folder *folder, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  file_remove_tree (AT_FDCWD, folder->path, &error);
  g_assert_no_error (error);
  file_close_fd (&folder->fd);
  g_free (folder->path);
}

static inline void
folder_write (int dirfd, const char *path, const char *text, mode_t mode)
{
  g_autofree char *parent = g_path_get_dirname (path);
  autofd dir = file_mkdir_p (dirfd, parent, 0755, NULL);
  g_autofree char *name = g_path_get_basename (path);

  g_assert_cmpint (dir, >=, 0);
  g_assert_true (file_write_atomic (dir, name, text, strlen (text), 0600, NULL));
  g_assert_cmpint (fchmodat (dir, name, mode, 0), ==, 0);
}

static inline char *
folder_read (int dirfd, const char *path)
{
  return file_read (dirfd, path, 1024 * 1024, NULL, NULL);
}
