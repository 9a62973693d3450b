/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runner/appdata.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

#define OPEN_FOLDER (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* How often a link is replaced before we give up: an instance that runs already may put it back. */
#define REPLACE_MAX 16

/* Open one component, made with `mode` when missing.  -1 with errno. */
static int
open_component (int parent_fd, const char *name, mode_t mode)
{
  int fd = openat (parent_fd, name, OPEN_FOLDER);
  if (fd >= 0 || errno != ENOENT)
    return fd;
  if (file_make_folder (parent_fd, name, mode) < 0 && errno != EEXIST)
    return -1;
  return openat (parent_fd, name, OPEN_FOLDER);
}

int
appdata_open (int home_fd, const char *home, const char *id, GError **error)
{
  const char *const components[] = { ".var", "app", id };
  g_autoptr (GString) path = g_string_new (home);
  autofd fd = -1;

  for (guint i = 0; i < G_N_ELEMENTS (components); i++)
    {
      int parent = fd >= 0 ? fd : home_fd;
      struct stat st;

      g_string_append_printf (path, "/%s", components[i]);
      autofd next = open_component (parent, components[i], i == 2 ? 0700 : 0755);
      if (next < 0 && (errno == ELOOP || errno == ENOTDIR))
        {
          error_throw_code (error, ERROR_REFUSED,
                            "the data folder of %s is refused: %s is not a folder (an app could have put a link there); "
                            "remove it, or move the folder itself there", id, path->str);
          return -1;
        }
      if (next < 0)
        {
          error_throw (error, "the data folder of %s cannot be opened: %s: %s%s", id, path->str, g_strerror (errno),
                       errno == EACCES || errno == EROFS || errno == ENOSPC
                       ? "; an app keeps its files there: make room for it, or set HOME to a folder that you can write to" : "");
          return -1;
        }
      if (fstat (next, &st) < 0 || st.st_uid != geteuid ())
        {
          error_throw_code (error, ERROR_REFUSED, "the data folder of %s is refused: %s belongs to another user", id,
                            path->str);
          return -1;
        }
      file_close_fd (&fd);
      fd = file_steal_fd (&next);
    }
  return file_steal_fd (&fd);
}

static int
open_or_replace (int parent_fd, const char *name)
{
  for (int attempt = 0; attempt < REPLACE_MAX; attempt++)
    {
      int fd = open_component (parent_fd, name, 0700);
      struct stat st;

      if (fd >= 0 || (errno != ELOOP && errno != ENOTDIR && errno != ENOENT))
        return fd;
      if (fstatat (parent_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        continue;
      if (!S_ISLNK (st.st_mode))
        {
          errno = ENOTDIR;
          return -1;
        }
      /* Removes a link or, should it have become a folder meanwhile, nothing. */
      if (unlinkat (parent_fd, name, 0) < 0 && errno != ENOENT && errno != EISDIR && errno != EPERM)
        return -1;
    }
  errno = ELOOP;
  return -1;
}

int
appdata_open_below (int data_fd, const char *path, GError **error)
{
  g_auto (GStrv) components = g_strsplit (path, "/", -1);
  autofd fd = openat (data_fd, ".", OPEN_FOLDER);

  for (char **component = components; *component != NULL && fd >= 0; component++)
    {
      if ((*component)[0] == '\0' || strcmp (*component, ".") == 0)
        continue;
      autofd next = open_or_replace (fd, *component);
      if (next < 0)
        {
          error_throw_errno (error, errno, "the folder \"%s\" in the app's data folder cannot be opened (at \"%s\")", path,
                             *component);
          return -1;
        }
      file_close_fd (&fd);
      fd = file_steal_fd (&next);
    }
  if (fd < 0)
    error_throw_errno (error, errno, "the app's data folder cannot be opened");
  return file_steal_fd (&fd);
}

gboolean
appdata_make_place (int data_fd, const char *path, gboolean is_dir)
{
  struct stat st;

  if (is_dir)
    {
      autofd made = appdata_open_below (data_fd, path, NULL);
      return made >= 0;
    }
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  autofd parent = appdata_open_below (data_fd, folder, NULL);
  if (parent < 0)
    return FALSE;
  autofd made = openat (parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  return made >= 0 || (fstatat (parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG (st.st_mode));
}
