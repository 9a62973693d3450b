/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A minimal /dev.  Nodes cannot be made in a user namespace; the host's are bound, after a look at
 * their numbers (CVE-2025-31133: what is called null may be something else).
 */
#include "sandbox/decimal.h"
#include "sandbox/label.h"
#include "sandbox/mount.h"
#include "sandbox/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/mount.h>
#include <unistd.h>

static const struct { const char *path; unsigned major, minor; } nodes[] = {
  { "/dev/null", 1, 3 }, { "/dev/zero", 1, 5 }, { "/dev/full", 1, 7 },
  { "/dev/random", 1, 8 }, { "/dev/urandom", 1, 9 }, { "/dev/tty", 5, 0 },
};

static const struct { const char *name, *target; } links[] = {
  { "fd", "/proc/self/fd" }, { "stdin", "/proc/self/fd/0" }, { "stdout", "/proc/self/fd/1" },
  { "stderr", "/proc/self/fd/2" }, { "core", "/proc/kcore" }, { "ptmx", "pts/ptmx" },
};

/* Bind `source_fd` to the new file `name` in the new /dev. */
static int
dev_bind (Setup *setup, int dev_fd, const char *name, int source_fd)
{
  int fd = openat (dev_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);
  int result;

  if (fd < 0)
    return fault_set (setup, FAULT_PLAIN, "create", name);
  result = setup->way->bind (setup, source_fd, fd, name, SANDBOX_BIND_DEV);
  (void) close (fd);
  return result;
}

static int
dev_nodes (Setup *setup, int dev_fd)
{
  for (size_t i = 0; i < sizeof nodes / sizeof nodes[0]; i++)
    {
      int fd = open (nodes[i].path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
      struct stat st;
      int result;

      if (fd < 0)
        return fault_set (setup, FAULT_PLAIN, "open", nodes[i].path);
      if (fstat (fd, &st) < 0 || !S_ISCHR (st.st_mode) || st.st_rdev != makedev (nodes[i].major, nodes[i].minor))
        {
          (void) close (fd);
          errno = ENODEV;
          return fault_set (setup, FAULT_BAD_DEVICE, "fstat", nodes[i].path);
        }
      result = dev_bind (setup, dev_fd, nodes[i].path + strlen ("/dev/"), fd);
      (void) close (fd);
      if (result < 0)
        return -1;
    }
  return 0;
}

static int
dev_pts (Setup *setup, int dev_fd)
{
  int fd;
  int result;

  if (mkdirat (dev_fd, "pts", 0755) < 0)
    return fault_set (setup, FAULT_PLAIN, "mkdir", "pts");
  fd = openat (dev_fd, "pts", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return fault_set (setup, FAULT_PLAIN, "open", "pts");
  result = mount_filesystem (setup, "devpts", fd, MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620");
  (void) close (fd);
  return result;
}

/* The terminal that the app writes to gets a name, since the host's devpts is not there.  A terminal that is
 * not found again by its name (made in another mount namespace) just has none. */
static int
dev_console (Setup *setup, int dev_fd)
{
  char path[PATH_MAX];
  struct stat there;
  struct stat here;
  ssize_t n;
  int fd;
  int result;

  if (!isatty (STDOUT_FILENO) || fstat (STDOUT_FILENO, &there) < 0)
    return 0;
  n = readlinkat (setup->proc_fd, "self/fd/1", path, sizeof path - 1);
  if (n <= 0)
    return 0;
  path[n] = '\0';
  fd = open (path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return 0;
  if (fstat (fd, &here) == 0 && here.st_dev == there.st_dev && here.st_ino == there.st_ino && S_ISCHR (here.st_mode))
    result = dev_bind (setup, dev_fd, "console", fd);
  else
    result = 0;
  (void) close (fd);
  return result;
}

int
place_dev (Setup *setup, const char *dest)
{
  char options[LABEL_OPTIONS_SIZE];
  int fd = place_mount_point (setup, dest, true);
  int result;

  if (fd < 0)
    return -1;
  label_mount_option (setup, text_append (options, "mode=0755"));
  result = mount_filesystem (setup, "tmpfs", fd, MS_NODEV, options);
  (void) close (fd);
  if (result < 0)
    return -1;
  fd = place_mount_point (setup, dest, true);
  if (fd < 0)
    return -1;
  result = place_own (setup, fd);
  if (result == 0)
    result = dev_nodes (setup, fd);
  for (size_t i = 0; result == 0 && i < sizeof links / sizeof links[0]; i++)
    if (symlinkat (links[i].target, fd, links[i].name) < 0)
      result = fault_set (setup, FAULT_PLAIN, "symlink", links[i].name);
  if (result == 0)
    result = dev_pts (setup, fd);
  if (result == 0 && mkdirat (fd, "shm", 01777) < 0)
    result = fault_set (setup, FAULT_PLAIN, "mkdir", "shm");
  if (result == 0)
    result = dev_console (setup, fd);
  (void) close (fd);
  return result;
}
