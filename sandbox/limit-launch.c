/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/limit-launch.h"

#include "sandbox/cgroup-way.h"
#include "sandbox/pipe.h"
#include "sandbox/plan-limit.h"
#include "sandbox/rlimit.h"
#include "sandbox/sentence.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int
limits_prepare (Launch *launch, SandboxError *ret_error)
{
  if (rlimits_check (launch->plan, ret_error) < 0)
    return -1;
  if (launch->is_entering && cgroup_join (launch->plan, record_last (launch->plan, RECORD_ENTER)->number, &launch->group, ret_error) < 0)
    return -1;
  if (launch->group == NULL && !limit_is_wanted (launch->plan, true))
    return 0;
  if (pipe_above (launch->limit_fds) < 0)
    return error_sentence (ret_error, errno, "cannot make a pipe to the sandbox: %s", strerror (errno));
  return launch->group != NULL ? 0 : cgroup_begin (launch->plan, &launch->group, ret_error);
}

void
limits_clear (const Launch *launch)
{
  for (int i = 0; i < 2; i++)
    if (launch->limit_fds[i] >= 0)
      (void) close (launch->limit_fds[i]);
}

/* We have the reading end open too, so that writing to a process that is gone is no signal. */
int
limits_place (const Launch *launch, SandboxProcess *process, int fault_fd, SandboxError *ret_error)
{
  struct pollfd early = { .fd = fault_fd, .events = POLLIN };

  if (launch->limit_fds[0] < 0)
    return 0;
  if (cgroup_place (launch->plan, &process->group, process->pid, ret_error) < 0)
    return poll (&early, 1, 0) == 1 && (early.revents & POLLIN) != 0 ? 0 : -1;
  while (write (launch->limit_fds[1], "", 1) < 0 && errno == EINTR)
    ;
  return 0;
}

void
limits_explain (const SandboxProcess *process, const SandboxPlan *plan, int status, SandboxError *error)
{
  rlimits_explain (plan, status, error->limit, sizeof error->limit);
  cgroup_explain (process->group, plan, status, error->limit, sizeof error->limit);
}
