/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/kernel.h"

#include "sandbox/init/system.h"

#include <errno.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Since 5.1 a new system call has the same number on every architecture. */
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_open_tree
#define SYS_open_tree 428
#endif
#ifndef SYS_move_mount
#define SYS_move_mount 429
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x1000
#endif

/* `exit_signal`: 0 for a sibling, which has ours. */
static pid_t
clone_with_pidfd (uint64_t flags, unsigned exit_signal, int cgroup_fd, int *ret_pidfd)
{
  int pidfd = -1;
  struct clone_args args = { .flags = flags | CLONE_PIDFD, .pidfd = (uint64_t) (uintptr_t) &pidfd,
                             .exit_signal = exit_signal };
  pid_t pid;

  if (cgroup_fd >= 0)
    {
      args.flags |= CLONE_INTO_CGROUP;
      args.cgroup = (uint64_t) cgroup_fd;
    }
  pid = (pid_t) syscall (SYS_clone3, &args, sizeof args);
  /* An outer filter may hide clone3: then the older call, whose argument it can examine.  aarch64 and x86_64
   * agree on the place of the first three arguments, which are all we use. */
  if (pid < 0 && errno == ENOSYS)
    pid = (pid_t) syscall (SYS_clone, (unsigned long) (flags | CLONE_PIDFD | exit_signal), 0UL, &pidfd, 0UL, 0UL);
  if (pid > 0)
    *ret_pidfd = pidfd;
  return pid;
}

pid_t
kernel_clone (uint64_t namespaces, int *ret_pidfd)
{
  return clone_with_pidfd (namespaces, SIGCHLD, -1, ret_pidfd);
}

pid_t
kernel_clone_into (uint64_t namespaces, int cgroup_fd, int *ret_pidfd)
{
  return clone_with_pidfd (namespaces, SIGCHLD, cgroup_fd, ret_pidfd);
}

pid_t
kernel_clone_sibling (uint64_t namespaces, int cgroup_fd, int *ret_pidfd)
{
  return clone_with_pidfd (namespaces | CLONE_PARENT, 0, cgroup_fd, ret_pidfd);
}

/* The C library's clone does not know clone3, and what is wanted here needs none of it. */
pid_t
kernel_clone_borrowing (uint64_t namespaces, int (*run) (void *data), void *data, char *stack_end, int *running, int *ret_pidfd)
{
  int flags = (int) (namespaces | CLONE_VM | CLONE_PIDFD | SIGCHLD);
  int pidfd = -1;
  pid_t pid;

  if (running != NULL)
    *running = 1;
  pid = clone (run, stack_end, flags | (running != NULL ? CLONE_CHILD_CLEARTID : CLONE_VFORK), data, &pidfd, NULL, running);
  if (pid > 0)
    *ret_pidfd = pidfd;
  else if (running != NULL)
    *running = 0;
  return pid;
}

/* The kernel writes 0 and wakes us when the child's hold on our memory ends.  Without the C library, whose errno it has. */
void
kernel_borrowed_wait (int *running)
{
  while (__atomic_load_n (running, __ATOMIC_ACQUIRE) != 0)
    (void) system_call (__NR_futex, (long) running, FUTEX_WAIT, 1, 0, 0);
}

int
kernel_open_tree (int dir_fd, const char *path, unsigned flags)
{
  return (int) syscall (SYS_open_tree, dir_fd, path, flags);
}

int
kernel_move_mount (int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
  return (int) syscall (SYS_move_mount, from_fd, from, to_fd, to, flags);
}

int
kernel_mount_setattr (int dir_fd, const char *path, unsigned flags, const KernelMountAttr *attr)
{
  return (int) syscall (SYS_mount_setattr, dir_fd, path, flags, attr, sizeof *attr);
}

int
kernel_openat2 (int dir_fd, const char *path, uint64_t flags, uint64_t resolve)
{
  struct open_how how = { .flags = flags, .resolve = resolve };

  return (int) syscall (SYS_openat2, dir_fd, path, &how, sizeof how);
}

int
kernel_pivot_root (const char *new_root, const char *put_old)
{
  return (int) syscall (SYS_pivot_root, new_root, put_old);
}

int
kernel_close_range (unsigned first, unsigned last, unsigned flags)
{
  return (int) syscall (SYS_close_range, first, last, flags);
}

int
kernel_execveat (int fd, const char *path, char *const *argv, char *const *envp, int flags)
{
  return (int) syscall (SYS_execveat, fd, path, argv, envp, flags);
}

int
kernel_pidfd_open (pid_t pid)
{
  return (int) syscall (SYS_pidfd_open, pid, 0);
}

int
kernel_pidfd_send_signal (int pidfd, int number)
{
  return (int) syscall (SYS_pidfd_send_signal, pidfd, number, NULL, 0);
}

int
kernel_seccomp_load (const struct sock_filter *filter, unsigned short length)
{
  struct sock_fprog program = { .len = length, .filter = (struct sock_filter *) (uintptr_t) filter };

  return prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}
