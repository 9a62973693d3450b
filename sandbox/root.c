/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The new root.  One tmpfs (the base) is mounted over a directory that every host has, in our private
 * mount namespace only.  It has two directories, each bound onto itself so that it is a mount: `root`, which becomes the root,
 * and `stage`, where files and overlay layers live that appear in the sandbox through mounts of their own.  The base itself
 * cannot be bound.  When the old root is detached the base goes with it, and nothing but
 * those mounts remains.
 */
#include "sandbox/decimal.h"
#include "sandbox/init/system.h"
#include "sandbox/kernel.h"
#include "sandbox/mount.h"
#include "sandbox/place.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Where the base may go.  What is covered does not matter: all sources are open. */
static const char *const base_paths[] = { "/tmp", "/run", "/var", "/usr" };

static int
base_mount (Setup *setup)
{
  for (size_t i = 0; i < sizeof base_paths / sizeof base_paths[0]; i++)
    {
      struct stat st;

      if (lstat (base_paths[i], &st) < 0 || !S_ISDIR (st.st_mode))
        continue;
      if (mount ("tmpfs", base_paths[i], "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") < 0)
        return fault_set (setup, FAULT_PLAIN, "mount", base_paths[i]);
      setup->base_path = base_paths[i];
      setup->base_fd = open (base_paths[i], O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      return setup->base_fd < 0 ? fault_set (setup, FAULT_PLAIN, "open", base_paths[i]) : 0;
    }
  errno = ENOENT;
  return fault_set (setup, FAULT_PLAIN, "mount", "/tmp");
}

/* A directory of the base as a mount of its own. */
static int
base_part (Setup *setup, const char *name, mode_t mode)
{
  char path[32];
  int fd;

  if (mkdirat (setup->base_fd, name, mode) < 0)
    return fault_set (setup, FAULT_PLAIN, "mkdir", setup->base_path);
  fd = openat (setup->base_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return fault_set (setup, FAULT_PLAIN, "open", name);
  (void) mount_fd_path (path, fd);
  if (mount (path, path, NULL, MS_BIND, NULL) < 0)
    return fault_set (setup, FAULT_PLAIN, "mount", name);
  (void) close (fd);
  fd = openat (setup->base_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  return fd < 0 ? fault_set (setup, FAULT_PLAIN, "open", name) : fd;
}

int
root_make (Setup *setup)
{
  setup->umask = umask (0);
  /* What we mount stays ours; what the host mounts still arrives, for the binds that are to have it. */
  if (mount ("none", "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
    return fault_set (setup, FAULT_PLAIN, "mount", "/");
  setup->way = mount_new_works () ? &mount_way_new : &mount_way_classic;
  if (base_mount (setup) < 0)
    return -1;
  setup->root_fd = base_part (setup, "root", 0755);
  if (setup->root_fd < 0)
    return -1;
  setup->stage_fd = base_part (setup, "stage", 0700);
  if (setup->stage_fd < 0)
    return -1;
  /* A source that lies above the base would bring it along: the app would find it where the host's directory should be. */
  if (mount ("none", setup->base_path, NULL, MS_UNBINDABLE, NULL) < 0)
    return fault_set (setup, FAULT_PLAIN, "mount", setup->base_path);
  return place_own (setup, setup->root_fd);
}

/* In a thread of ours, which stands in the old root and shares our memory: without the C library.  Returns its exit status, an errno. */
static int
root_leave (void *data)
{
  if (data != NULL)
    (void) system_call (__NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);      /* the memory may go when we do */
  return (int) -system_call (__NR_umount2, (long) ".", MNT_DETACH, 0, 0, 0);
}

/* The kernel detaches a tree of mounts within a grace period of RCU, in which nothing is done; so a thread waits for that while we go
 * on.  Init lets no app begin before it has ended well (init/init.c); that it is not reaped by itself, as where a caller ignores
 * SIGCHLD, is up to us.  We wait ourselves where no thread can be had, and where a user namespace is made afterwards (userns-last.c):
 * for the kernel we are in a chroot as long as something lies on our root. */
static int
root_leave_beside (Setup *setup)
{
  const struct sigaction usual = { .sa_handler = SIG_DFL };
  bool is_awaited = (setup->launch->start & (SANDBOX_START_NO_USERNS | SANDBOX_START_NO_USERNS_ALREADY)) != 0;
  int error;

  if (!is_awaited && sigaction (SIGCHLD, &usual, NULL) == 0)
    setup->leaver_pid = clone (root_leave, setup->launch->leaver_stack + THREAD_STACK_SIZE, CLONE_VM, setup);
  if (setup->leaver_pid > 0)
    return 0;
  setup->leaver_pid = 0;
  error = root_leave (NULL);
  errno = error;
  return error == 0 ? 0 : fault_set (setup, FAULT_PLAIN, "umount2", "the old root");
}

/* pivot_root puts the old root on top of the new one at the same place; from inside it, "." can then be
 * detached, and what was below it is "/". */
int
root_enter (Setup *setup)
{
  int old_root = open ("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

  if (old_root < 0)
    return fault_set (setup, FAULT_PLAIN, "open", "/");
  if (fchdir (setup->root_fd) < 0)
    return fault_set (setup, FAULT_PLAIN, "fchdir", "the new root");
  if (kernel_pivot_root (".", ".") < 0)
    return fault_set (setup, FAULT_PLAIN, "pivot_root", NULL);
  if (fchdir (old_root) < 0)
    return fault_set (setup, FAULT_PLAIN, "fchdir", "the old root");
  if (root_leave_beside (setup) < 0)
    return -1;
  (void) close (old_root);
  if (chdir ("/") < 0)
    return fault_set (setup, FAULT_PLAIN, "chdir", "/");
  (void) umask (setup->umask);
  return 0;
}
