/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The child's side of joining a running sandbox; see enter.h.
 */
#include "sandbox/decimal.h"
#include "sandbox/init/program.h"
#include "sandbox/kernel.h"
#include "sandbox/place.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

/* The user namespace comes first, since it gives the rights over the others. */
static const struct { const char *name; int flag; } kinds[] = {
  { "user", CLONE_NEWUSER }, { "cgroup", CLONE_NEWCGROUP }, { "ipc", CLONE_NEWIPC }, { "uts", CLONE_NEWUTS },
  { "net", CLONE_NEWNET }, { "pid", CLONE_NEWPID }, { "time", CLONE_NEWTIME }, { "mnt", CLONE_NEWNS },
};

#define N_KINDS (sizeof kinds / sizeof kinds[0])

/* Executed from a descriptor that nobody can write to any more. */
static int
init_copy (Setup *setup)
{
  char path[32];
  int fd = memfd_create ("nacelle-init", MFD_CLOEXEC);
  int result;

  if (fd < 0)
    return fault_set (setup, FAULT_PLAIN, "memfd_create", NULL);
  result = place_write (setup, fd, (const char *) init_program, init_program_size, "init");
  (void) decimal_append (text_append (path, "/proc/self/fd/"), (unsigned) fd);
  if (result == 0)
    setup->init_fd = open (path, O_RDONLY | O_CLOEXEC);
  (void) close (fd);
  return result < 0 ? -1 : setup->init_fd < 0 ? fault_set (setup, FAULT_PLAIN, "open", "init") : 0;
}

/* Returns the descriptor, or -1 where the kernel has no such namespaces or it is the one we are in. */
static int
namespace_open (Setup *setup, int process_fd, size_t kind, int *ret_fd)
{
  char own[64];
  char name[32];
  struct stat here;
  struct stat there;

  (void) text_append (text_append (own, "self/ns/"), kinds[kind].name);
  (void) text_append (text_append (name, "ns/"), kinds[kind].name);
  *ret_fd = openat (process_fd, name, O_RDONLY | O_CLOEXEC);
  if (*ret_fd < 0 && errno == ENOENT && fstatat (setup->proc_fd, own, &here, 0) < 0)
    return 0;       /* a kernel without that kind */
  if (*ret_fd < 0)
    return fault_set (setup, FAULT_PLAIN, "open", name);
  if (fstat (*ret_fd, &there) == 0 && fstatat (setup->proc_fd, own, &here, 0) == 0 && here.st_ino == there.st_ino
      && here.st_dev == there.st_dev)
    {
      (void) close (*ret_fd);
      *ret_fd = -1;
    }
  return 0;
}

static int
namespaces_join (Setup *setup, const int *fds)
{
  for (size_t i = 0; i < N_KINDS; i++)
    if (fds[i] >= 0)
      {
        if (setns (fds[i], kinds[i].flag) < 0)
          return fault_set (setup, FAULT_PLAIN, "setns", kinds[i].name);
        (void) close (fds[i]);
      }
  return 0;
}

int
enter_join (Setup *setup)
{
  const Record *record = record_last (setup->launch->plan, RECORD_ENTER);
  char name[32];
  int fds[N_KINDS];
  int process_fd;
  int root_fd;

  setup->proc_fd = open ("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
  (void) decimal_append (name, (unsigned) record->number);
  process_fd = setup->proc_fd < 0 ? -1 : openat (setup->proc_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (process_fd < 0)
    return fault_set (setup, FAULT_PLAIN, "open", name);
  /* Still the process that was checked, so its number was never somebody else's. */
  if (kernel_pidfd_send_signal (record->fd, 0) < 0 && errno != EPERM)
    return fault_set (setup, FAULT_PLAIN, "pidfd_send_signal", name);
  for (size_t i = 0; i < N_KINDS; i++)
    if (namespace_open (setup, process_fd, i, &fds[i]) < 0)
      return -1;
  root_fd = openat (process_fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root_fd < 0)
    return fault_set (setup, FAULT_PLAIN, "open", "root");
  (void) close (process_fd);
  if (init_copy (setup) < 0)
    return -1;
  if (record_last (setup->launch->plan, RECORD_SECCOMP) != NULL)
    {
      setup->filters_fd = memfd_create ("filters", MFD_CLOEXEC);
      if (setup->filters_fd < 0)
        return fault_set (setup, FAULT_PLAIN, "memfd_create", NULL);
    }
  if (namespaces_join (setup, fds) < 0)
    return -1;
  if (fchdir (root_fd) < 0 || chroot (".") < 0 || chdir ("/") < 0)
    return fault_set (setup, FAULT_PLAIN, "chroot", NULL);
  return close (root_fd);
}
