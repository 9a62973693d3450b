/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runner/front/front.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
private_folder_open (int parent_fd, const char *name)
{
  int fd = openat (parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  struct stat st;

  if (fd < 0)
    return -1;
  if (fstat (fd, &st) == 0 && st.st_uid == geteuid () && (st.st_mode & 077) == 0)
    return fd;
  (void) close (fd);
  return -1;
}

int
front_runtime_folder (void)
{
  const char *runtime = getenv ("XDG_RUNTIME_DIR");
  int parent;
  int fd;

  if (runtime == NULL || runtime[0] != '/')
    return -1;
  parent = open (runtime, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (parent < 0)
    return -1;
  fd = private_folder_open (parent, "nacelle");
  (void) close (parent);
  return fd;
}

int
front_launches_folder (int runtime_fd, bool create)
{
  if (create && mkdirat (runtime_fd, FRONT_FOLDER, 0700) < 0 && errno != EEXIST)
    return -1;
  return private_folder_open (runtime_fd, FRONT_FOLDER);
}

/* As base/spawn.h finds helpers: where the variable says, where they are installed, or beside us. */
char *
front_planner (void)
{
  const char *given = getenv ("NACELLE_LIBEXECDIR");
  char self[PATH_MAX];
  char *path;
  char *slash;
  ssize_t n;

  if (asprintf (&path, "%s/nacelle-run", given != NULL && given[0] == '/' ? given : NACELLE_LIBEXECDIR) < 0)
    return NULL;
  if (access (path, X_OK) == 0)
    return path;
  n = readlink ("/proc/self/exe", self, sizeof self - 1);
  self[n > 0 ? n : 0] = '\0';
  slash = strrchr (self, '/');
  if (slash == NULL)
    return path;
  *slash = '\0';
  free (path);
  return asprintf (&path, "%s/nacelle-run", self) < 0 ? NULL : path;
}
