/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the C library does not wrap, or wraps only in newer versions.  Each function fails with
 * ENOSYS where the kernel does not have the call.  Safe after clone: nothing here allocates.
 */
#pragma once

#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/types.h>

#ifndef MOVE_MOUNT_F_EMPTY_PATH
#define MOVE_MOUNT_F_EMPTY_PATH 0x04
#define MOVE_MOUNT_T_EMPTY_PATH 0x40
#endif
#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#define OPEN_TREE_CLOEXEC 02000000
#endif
#ifndef MOUNT_ATTR_RDONLY
#define MOUNT_ATTR_RDONLY 0x01
#define MOUNT_ATTR_NOSUID 0x02
#define MOUNT_ATTR_NODEV 0x04
#define MOUNT_ATTR_NOEXEC 0x08
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

/* struct mount_attr of the kernel, under a name that no header takes. */
typedef struct
{
  uint64_t set;
  uint64_t clear;
  uint64_t propagation;
  uint64_t userns_fd;
} KernelMountAttr;

/* Returns 0 in the child.  *ret_pidfd is filled in the parent. */
pid_t kernel_clone (uint64_t namespaces, int *ret_pidfd);
/* The child runs `run` on the stack that ends at `stack_end` (which is aligned to 16 bytes), in the memory of the caller, until it has
 * executed a program or ended; it must not return into the caller's functions.  `running` NULL: the caller stands still meanwhile.
 * Else it goes on, and the child must not touch what the C library keeps for a thread (errno is such a thing) before the caller
 * has nothing to do any more but kernel_borrowed_wait(). */
pid_t kernel_clone_borrowing (uint64_t namespaces, int (*run) (void *data), void *data, char *stack_end, int *running, int *ret_pidfd);
void kernel_borrowed_wait (int *running);
/* The same into the control group of a directory, or (-1, or where clone3 is not to be had) into our own. */
pid_t kernel_clone_into (uint64_t namespaces, int cgroup_fd, int *ret_pidfd);
/* The same, for a process whose parent is our parent. */
pid_t kernel_clone_sibling (uint64_t namespaces, int cgroup_fd, int *ret_pidfd);
int kernel_open_tree (int dir_fd, const char *path, unsigned flags);
int kernel_move_mount (int from_fd, const char *from, int to_fd, const char *to, unsigned flags);
int kernel_mount_setattr (int dir_fd, const char *path, unsigned flags, const KernelMountAttr *attr);
int kernel_openat2 (int dir_fd, const char *path, uint64_t flags, uint64_t resolve);
int kernel_pivot_root (const char *new_root, const char *put_old);
int kernel_close_range (unsigned first, unsigned last, unsigned flags);
int kernel_execveat (int fd, const char *path, char *const *argv, char *const *envp, int flags);
int kernel_pidfd_open (pid_t pid);
int kernel_pidfd_send_signal (int pidfd, int number);
int kernel_seccomp_load (const struct sock_filter *filter, unsigned short length);
