/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/place.h"

#include "sandbox/decimal.h"
#include "sandbox/kernel.h"
#include "sandbox/mount.h"
#include "sandbox/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

int
place_own (Setup *setup, int fd)
{
  struct stat st;

  if (fstat (fd, &st) < 0)
    return fault_set (setup, FAULT_PLAIN, "fstat", NULL);
  setup->launch->own_devices[setup->n_own_devices++] = st.st_dev;
  return 0;
}

static bool
is_own (const Setup *setup, int fd)
{
  struct stat st;

  if ((setup->launch->start & SANDBOX_START_MAKE_ANYWHERE) != 0)
    return true;
  if (fstat (fd, &st) < 0)
    return false;
  for (size_t i = 0; i < setup->n_own_devices; i++)
    if (setup->launch->own_devices[i] == st.st_dev)
      return true;
  return false;
}

/* Copy the component at the start of `rest` and return its end. */
static const char *
component_copy (const char *rest, char *name)
{
  size_t length = strcspn (rest, "/");

  memcpy (name, rest, length);      /* path_plain() checked the length */
  name[length] = '\0';
  return rest + length;
}

/* Whether `fd` is a directory; it stays open only then. */
static int
directory_check (Setup *setup, int fd, const char *dest)
{
  struct stat st;

  if (fstat (fd, &st) == 0 && S_ISDIR (st.st_mode))
    return fd;
  (void) close (fd);
  errno = S_ISLNK (st.st_mode) ? ELOOP : ENOTDIR;
  return fault_set (setup, S_ISLNK (st.st_mode) ? FAULT_SYMLINK : FAULT_NOT_DIRECTORY, "open", dest);
}

/* What the first `length` bytes of `dest` lead to, when their last name was found to be a link, or is "..".  From the root on, as
 * the name alone, looked up in the directory before it, could lead out of the root. */
static int
way_enter (Setup *setup, const char *dest, size_t length)
{
  char way[PATH_MAX];
  int fd;

  memcpy (way, dest, length);
  way[length] = '\0';
  fd = place_follow (setup->root_fd, way);
  return fd < 0 ? fault_set (setup, FAULT_PLAIN, "open", way) : directory_check (setup, fd, dest);
}

/* The directory in `parent_fd` whose name ends at `dest + length`, made when it is missing. */
static int
directory_enter (Setup *setup, int parent_fd, const char *name, const char *dest, size_t length)
{
  int fd = openat (parent_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  struct stat st;

  if (fd < 0 && errno == ENOENT)
    {
      if (!is_own (setup, parent_fd))
        return fault_set (setup, FAULT_NOT_OURS, "mkdir", dest);
      if (mkdirat (parent_fd, name, setup->parent_mode) < 0)
        return fault_set (setup, FAULT_PLAIN, "mkdir", dest);
      fd = openat (parent_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    }
  if (fd < 0)
    return fault_set (setup, FAULT_PLAIN, "open", dest);
  if (strcmp (name, "..") == 0
      || ((setup->launch->start & SANDBOX_START_FOLLOW_LINKS) != 0 && fstat (fd, &st) == 0 && S_ISLNK (st.st_mode)))
    {
      (void) close (fd);
      return way_enter (setup, dest, length);
    }
  return directory_check (setup, fd, dest);
}

int
place_parent (Setup *setup, const char *dest, const char **ret_name)
{
  char name[NAME_MAX + 1];
  const char *rest = dest + 1;
  int fd = -1;

  while (strchr (rest, '/') != NULL)
    {
      const char *end = component_copy (rest, name);
      int next = directory_enter (setup, fd < 0 ? setup->root_fd : fd, name, dest, (size_t) (end - dest));

      if (fd >= 0)
        (void) close (fd);
      if (next < 0)
        return -1;
      fd = next;
      rest = end + 1;
    }
  *ret_name = rest;
  if (fd < 0)
    fd = fcntl (setup->root_fd, F_DUPFD_CLOEXEC, 3);
  return fd < 0 ? fault_set (setup, FAULT_PLAIN, "dup", dest) : fd;
}

/* A missing mount point in `parent_fd`: a descriptor of it. */
static int
mount_point_make (Setup *setup, int parent_fd, const char *name, bool is_directory, const char *dest)
{
  int fd;

  if (!is_own (setup, parent_fd))
    {
      errno = ENOENT;
      return fault_set (setup, FAULT_NOT_OURS, is_directory ? "mkdir" : "create", dest);
    }
  if (is_directory && mkdirat (parent_fd, name, 0755) < 0)
    return fault_set (setup, FAULT_PLAIN, "mkdir", dest);
  fd = is_directory ? openat (parent_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC)
                    : openat (parent_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);
  return fd < 0 ? fault_set (setup, FAULT_PLAIN, is_directory ? "open" : "create", dest) : fd;
}

int
place_mount_point (Setup *setup, const char *dest, bool is_directory)
{
  const char *name;
  struct stat st;
  int parent;
  int fd;

  if (strcmp (dest, "/") == 0 && is_directory)
    return fcntl (setup->root_fd, F_DUPFD_CLOEXEC, 3);
  if (strcmp (dest, "/") == 0 || path_ends_up (dest))
    {
      errno = EISDIR;
      return fault_set (setup, FAULT_NOT_DIRECTORY, "open", dest);
    }
  parent = place_parent (setup, dest, &name);
  if (parent < 0)
    return -1;
  fd = openat (parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT)
    fd = mount_point_make (setup, parent, name, is_directory, dest);
  else if (fd < 0)
    (void) fault_set (setup, FAULT_PLAIN, "open", dest);
  (void) close (parent);
  if (fd < 0)
    return -1;
  if (fstat (fd, &st) == 0 && !S_ISLNK (st.st_mode) && S_ISDIR (st.st_mode) == is_directory)
    return fd;
  (void) close (fd);
  errno = S_ISLNK (st.st_mode) ? ELOOP : is_directory ? ENOTDIR : EISDIR;
  return fault_set (setup, S_ISLNK (st.st_mode) ? FAULT_SYMLINK : FAULT_NOT_DIRECTORY, "open", dest);
}

int
place_real (Setup *setup, const char *dest, char *real)
{
  static const char root[] = "/root";
  size_t length = strlen (setup->base_path);
  const char *name;
  int fd = place_parent (setup, dest, &name);

  if (fd < 0)
    return -1;
  (void) close (fd);
  fd = place_follow (setup->root_fd, dest);
  if (fd < 0)
    return fault_set (setup, FAULT_PLAIN, "open", dest);
  if (mount_place_name (setup, fd, real, PATH_MAX) < 0)
    {
      (void) close (fd);
      return -1;
    }
  (void) close (fd);
  if (strncmp (real, setup->base_path, length) != 0 || strncmp (real + length, root, sizeof root - 1) != 0)
    {
      errno = ENOENT;      /* it has been removed meanwhile */
      return fault_set (setup, FAULT_PLAIN, "open", dest);
    }
  length += sizeof root - 1;
  memmove (real, real[length] == '/' ? real + length : "/", real[length] == '/' ? strlen (real + length) + 1 : sizeof "/");
  return 0;
}

int
place_existing_plain (Setup *setup, const char *dest)
{
  char name[NAME_MAX + 1];
  const char *rest = dest + 1;
  int fd = fcntl (setup->root_fd, F_DUPFD_CLOEXEC, 3);

  while (fd >= 0 && *rest != '\0')
    {
      const char *end = component_copy (rest, name);
      int next = openat (fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
      struct stat st;

      (void) close (fd);
      if (next < 0)
        return errno == ENOENT || errno == ENOTDIR ? -1 : fault_set (setup, FAULT_PLAIN, "open", dest);
      if (strcmp (name, "..") == 0 || fstat (next, &st) < 0 || S_ISLNK (st.st_mode))
        {
          (void) close (next);
          errno = ELOOP;
          return fault_set (setup, FAULT_SYMLINK, "open", dest);
        }
      fd = next;
      rest = end + (*end == '/');
    }
  return fd;
}

/* Links are followed here: what is to be covered is what the app would reach. */
int
place_existing (Setup *setup, const char *dest)
{
  int fd = place_follow (setup->root_fd, dest);

  return fd >= 0 || errno == ENOENT || errno == ENOTDIR ? fd : fault_set (setup, FAULT_PLAIN, "open", dest);
}

static int
stage_name (Setup *setup, char *name)
{
  (void) decimal_append (name, setup->next_stage++);
  return 0;
}

int
place_stage_directory (Setup *setup, mode_t mode)
{
  char name[32];
  int fd;

  (void) stage_name (setup, name);
  if (mkdirat (setup->stage_fd, name, mode) < 0)
    return fault_set (setup, FAULT_PLAIN, "mkdir", "stage");
  fd = openat (setup->stage_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  return fd < 0 ? fault_set (setup, FAULT_PLAIN, "open", "stage") : fd;
}

int
place_write (Setup *setup, int fd, const char *data, size_t size, const char *dest)
{
  while (size > 0)
    {
      ssize_t n = write (fd, data, size);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return fault_set (setup, FAULT_PLAIN, "write", dest);
      data += n;
      size -= (size_t) n;
    }
  return 0;
}

int
place_stage_file (Setup *setup, const void *data, size_t size, mode_t mode)
{
  char name[32];
  int fd;

  (void) stage_name (setup, name);
  fd = openat (setup->stage_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0)
    return fault_set (setup, FAULT_PLAIN, "create", "stage");
  if (place_write (setup, fd, data, size, "stage") == 0)
    return fd;
  (void) close (fd);
  return -1;
}
