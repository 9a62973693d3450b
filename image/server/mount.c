/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The FUSE device is opened inside of our user namespace: the kernel asks that the opener and the mounter are of one
 * namespace.  Without allow_other it lets in processes of our own uid only, in whatever namespace they are.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "image/server/server.h"

#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif
#ifndef OPEN_TREE_CLOEXEC
#define OPEN_TREE_CLOEXEC O_CLOEXEC
#endif

int
server_mount_clone (int path_fd)
{
  return (int) syscall (SYS_open_tree, path_fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
}

void
server_mount_clear (ServerMount *mount)
{
  file_close_fd (&mount->root_fd);
  if (mount->path[0] != '\0')
    {
      (void) umount2 (mount->path, MNT_DETACH); /* nothing to be done if it fails: it goes with our namespace */
      (void) rmdir (mount->path);
      mount->path[0] = '\0';
    }
  file_close_fd (&mount->fuse_fd); /* the last one: the kernel ends the connection */
}

gboolean
server_mount_new (int dev_fd, unsigned number, ServerMount *ret_mount, GError **error)
{
  __attribute__ ((cleanup (server_mount_clear))) ServerMount mounted = SERVER_MOUNT_INIT;
  char options[128];

  mounted.fuse_fd = openat (dev_fd, "fuse", O_RDWR | O_CLOEXEC);
  if (mounted.fuse_fd < 0)
    return error_throw_code (error, ERROR_UNAVAILABLE, "/dev/fuse cannot be opened: %s", g_strerror (errno));
  g_snprintf (options, sizeof options, "fd=%d,rootmode=40000,user_id=%u,group_id=%u,default_permissions", mounted.fuse_fd,
              geteuid (), getegid ());
  g_snprintf (mounted.path, sizeof mounted.path, "/%u", number);
  if (mkdir (mounted.path, 0700) < 0
      || mount ("nacelle-image", mounted.path, "fuse.nacelle", MS_RDONLY | MS_NOSUID | MS_NODEV, options) < 0)
    return error_throw_code (error, ERROR_UNAVAILABLE, "FUSE cannot be mounted: %s", g_strerror (errno));
  mounted.root_fd = open (mounted.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (mounted.root_fd < 0)
    return error_throw_code (error, ERROR_UNAVAILABLE, "FUSE cannot be used: %s", g_strerror (errno));
  *ret_mount = mounted;
  mounted = (ServerMount) SERVER_MOUNT_INIT;
  return TRUE;
}
