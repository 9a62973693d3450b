/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The FUSE device is opened inside of our user namespace: the kernel asks that the opener and the mounter are of one
 * namespace.  Without allow_other it lets in processes of our own uid only, in whatever namespace they are.
 *
 * What is handed out is an overlay of the image and nothing.  The kernel passes every ioctl(2) on a file of FUSE to the server and
 * cannot be told not to; Python asks each file that it opens in this way whether it is a terminal, and a question to another process
 * takes longer than all else about opening a file whose answers are kept (ops.c).  An overlay says no by itself.  It wants two layers,
 * and when both are of one mount, inode and device numbers are as they would be without it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
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
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#ifndef OPEN_TREE_CLOEXEC
#define OPEN_TREE_CLOEXEC O_CLOEXEC
#endif

int
server_mount_clone (int path_fd)
{
  return (int) syscall (SYS_open_tree, path_fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);
}

void
server_mount_clear (ServerMount *mount)
{
  file_close_fd (&mount->root_fd);
  if (mount->cover[0] != '\0')
    {
      (void) umount2 (mount->cover, MNT_DETACH);
      (void) rmdir (mount->cover);
      mount->cover[0] = '\0';
    }
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
  *ret_mount = mounted;
  mounted = (ServerMount) SERVER_MOUNT_INIT;
  return TRUE;
}

/* FALSE where the kernel lets no user do it (before 5.11). */
static gboolean
cover (ServerMount *mount_point)
{
  char options[128], path[sizeof mount_point->cover];

  g_snprintf (options, sizeof options, "lowerdir=%s/" SERVED_IMAGE ":%s/" SERVED_NOTHING, mount_point->path, mount_point->path);
  g_snprintf (path, sizeof path, "%s-cover", mount_point->path);
  if (mkdir (path, 0700) < 0)
    return FALSE;
  if (mount ("nacelle-image", path, "overlay", MS_RDONLY | MS_NOSUID | MS_NODEV, options) < 0)
    {
      (void) rmdir (path); /* it is empty */
      return FALSE;
    }
  memcpy (mount_point->cover, path, sizeof path);
  return TRUE;
}

gboolean
server_mount_open (ServerMount *mount_point, GError **error)
{
  char path[64];

  g_snprintf (path, sizeof path, "%s/" SERVED_IMAGE, mount_point->path);
  mount_point->root_fd = open (cover (mount_point) ? mount_point->cover : path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  return mount_point->root_fd >= 0
         || error_throw_code (error, ERROR_UNAVAILABLE, "FUSE cannot be used: %s", g_strerror (errno));
}
