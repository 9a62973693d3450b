/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Mounting by descriptor, in two ways with the same result: the mount API of Linux 5.12 (mount-new.c) and
 * mount(2) (mount-classic.c).  root_make() picks one by trying.
 */
#pragma once

#include "sandbox/setup.h"

struct MountWay
{
  /* A recursive copy of `source_fd` on `dest_fd` (both O_PATH); SANDBOX_BIND_*. */
  int (*bind) (Setup *setup, int source_fd, int dest_fd, const char *dest, unsigned flags);
  /* A detached mount on `dest_fd`. */
  int (*attach) (Setup *setup, int mount_fd, int dest_fd, unsigned flags);
  /* Make the mount whose root `dest_fd` is read-only, that one only. */
  int (*read_only) (Setup *setup, int dest_fd);
};

extern const MountWay mount_way_new;
extern const MountWay mount_way_classic;

/* Does the kernel (and whatever filter we run under) let us use the new way? */
bool mount_new_works (void);

/* mount(2) of a new file system on `dest_fd`; MS_NOSUID is added. */
int mount_filesystem (Setup *setup, const char *type, int dest_fd, unsigned long flags, const char *options);

/* The name of `fd`'s place, below the host's root still, as the table of mounts shows it. */
int mount_place_name (Setup *setup, int fd, char *buffer, size_t size);

/* "/proc/self/fd/N"; the buffer has 32 bytes. */
const char *mount_fd_path (char *buffer, int fd);
