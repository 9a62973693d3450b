/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Mounting with open_tree, mount_setattr and move_mount: a detached copy of the tree gets its restrictions
 * on every mount of it at once, and only then appears anywhere.
 */
#include "sandbox/kernel.h"
#include "sandbox/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Each call is tried with a descriptor that cannot be: a call that exists says so. */
static bool
is_bad_descriptor (int result)
{
  return result < 0 && errno == EBADF;
}

bool
mount_new_works (void)
{
  KernelMountAttr attr = { .set = MOUNT_ATTR_NOSUID };

  return is_bad_descriptor (kernel_open_tree (-1, ".", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC))
         && is_bad_descriptor (kernel_mount_setattr (-1, ".", 0, &attr))
         && is_bad_descriptor (kernel_move_mount (-1, ".", -1, ".", 0));
}

static int
tree_restrict (Setup *setup, int tree_fd, unsigned flags)
{
  KernelMountAttr attr = { .set = MOUNT_ATTR_NOSUID };

  if ((flags & SANDBOX_BIND_SLAVE) == 0)
    attr.propagation = MS_PRIVATE;
  if ((flags & SANDBOX_BIND_READ_ONLY) != 0)
    attr.set |= MOUNT_ATTR_RDONLY;
  if ((flags & SANDBOX_BIND_DEV) == 0)
    attr.set |= MOUNT_ATTR_NODEV;
  if ((flags & SANDBOX_BIND_NOEXEC) != 0)
    attr.set |= MOUNT_ATTR_NOEXEC;
  if (kernel_mount_setattr (tree_fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr) < 0)
    return fault_set (setup, FAULT_PLAIN, "mount_setattr", NULL);
  return 0;
}

static int
new_attach (Setup *setup, int mount_fd, int dest_fd, unsigned flags)
{
  if (tree_restrict (setup, mount_fd, flags) < 0)
    return -1;
  if (kernel_move_mount (mount_fd, "", dest_fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
    return fault_set (setup, FAULT_PLAIN, "move_mount", NULL);
  return 0;
}

static int
new_bind (Setup *setup, int source_fd, int dest_fd, const char *dest, unsigned flags)
{
  int tree = kernel_open_tree (source_fd, "", AT_EMPTY_PATH | AT_RECURSIVE | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  int result;

  if (tree < 0)
    return fault_set (setup, FAULT_PLAIN, "open_tree", NULL);
  result = new_attach (setup, tree, dest_fd, flags);
  (void) close (tree);
  return result;
}

static int
new_read_only (Setup *setup, int dest_fd)
{
  KernelMountAttr attr = { .set = MOUNT_ATTR_RDONLY };

  if (kernel_mount_setattr (dest_fd, "", AT_EMPTY_PATH, &attr) < 0)
    return fault_set (setup, FAULT_PLAIN, "mount_setattr", NULL);
  return 0;
}

const MountWay mount_way_new = { new_bind, new_attach, new_read_only };
