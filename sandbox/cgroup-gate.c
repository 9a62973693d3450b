/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The child's side of limits of a control group.
 *
 * The app must not run before they are in force.  Only then is the namespace of control groups made: its root is the group
 * that its maker is in at that moment, and with “nsdelegate” nothing inside can write to the limits of that root or leave it.
 */
#include "sandbox/setup.h"

#include <errno.h>
#include <sched.h>
#include <unistd.h>

int
limits_await (Setup *setup)
{
  const int *fds = setup->launch->limit_fds;
  ssize_t n;
  char byte;

  if (fds[0] < 0)
    return 0;
  (void) close (fds[1]);
  do
    n = read (fds[0], &byte, 1);
  while (n < 0 && errno == EINTR);
  if (n == 0)
    errno = EPIPE;      /* the parent has given up, and says why */
  if (n != 1)
    return fault_set (setup, FAULT_PLAIN, "read", NULL);
  if (!setup->launch->is_entering && (setup->launch->shared & SANDBOX_SHARE_CGROUP) == 0 && unshare (CLONE_NEWCGROUP) < 0)
    return fault_set (setup, FAULT_PLAIN, "unshare", "cgroup");
  return 0;
}
