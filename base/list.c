/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "base/error.h"

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

GPtrArray *
file_list (int dir_fd, const char *what, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  int fd = file_open (dir_fd, ".", O_RDONLY | O_DIRECTORY, 0, error);
  DIR *dir = fd >= 0 ? fdopendir (fd) : NULL;

  if (fd < 0)
    return NULL;
  if (dir == NULL)
    {
      file_close_fd (&fd);
      return error_throw_errno (error, ENOMEM, "cannot list '%s'", what), NULL;
    }
  errno = 0;
  for (struct dirent *entry = readdir (dir); entry != NULL; errno = 0, entry = readdir (dir))
    if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0)
      g_ptr_array_add (names, g_strdup (entry->d_name));
  int saved = errno;
  (void) closedir (dir); /* only read from */
  if (saved != 0)
    return error_throw_errno (error, saved, "cannot list '%s'", what), NULL;
  g_ptr_array_sort (names, compare_names);
  return g_steal_pointer (&names);
}
