/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/setup.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>

/* The kernel kills us when the parent dies; if it died before we asked, the pipe has no reader any
 * more, which is the only sign: getppid() is 0 in a new pid namespace in both cases. */
int
lifeline_follow_parent (Setup *setup)
{
  struct pollfd reader = { .fd = setup->fault_fd };

  if (prctl (PR_SET_PDEATHSIG, SIGKILL) < 0)
    return fault_set (setup, FAULT_PLAIN, "prctl", NULL);
  if (poll (&reader, 1, 0) == 1 && (reader.revents & POLLERR) != 0)
    {
      errno = EPIPE;
      return fault_set (setup, FAULT_PLAIN, "poll", NULL);
    }
  return 0;
}
