/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/process.h"

#include "sandbox/beside.h"
#include "sandbox/cgroup-way.h"
#include "sandbox/kernel.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

void
process_leave (SandboxProcess *process)
{
  beside_end (process->beside);
  process->beside = NULL;
  (void) close (process->pidfd);
  (void) close (process->status_fd);
  process->pid = -1;
  process->pidfd = -1;
  process->status_fd = -1;
}

void
process_end (SandboxProcess *process)
{
  struct pollfd end = { .fd = process->pidfd, .events = POLLIN };

  (void) kernel_pidfd_send_signal (process->pidfd, SIGKILL);    /* it may be gone already */
  /* When SIGCHLD is ignored there is no child to wait for, but its end shows all the same. */
  while (poll (&end, 1, -1) < 0 && errno == EINTR)
    ;
  beside_end (process->beside);     /* what knows the sandbox by its number, before that is free again */
  process->beside = NULL;
  while (waitpid (process->pid, NULL, __WALL) < 0 && errno == EINTR)
    ;
  cgroup_end (process->group);
  process->group = NULL;
  process_leave (process);
}
