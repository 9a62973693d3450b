/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The namespaces that need not be there when the first process begins.
 *
 * Nothing takes longer than the namespace of the network (network.c), so that is begun first, by a child that has its users and
 * processes and nothing else; the copy of the host's mounts is made meanwhile.  Who wants to know the namespaces before anything else
 * happens (run.h) gets all of them from clone.
 */
#include "sandbox/fault.h"
#include "sandbox/setup.h"

#include <sched.h>

uint64_t
namespaces_late (const Launch *launch)
{
  bool is_apart = (launch->shared & SANDBOX_SHARE_NETWORK) == 0 && (launch->namespaces & CLONE_NEWNET) == 0;

  if (!is_apart || (launch->namespaces & CLONE_NEWUSER) == 0 || launch->hold_fds[0] >= 0)
    return 0;
  return launch->namespaces & (CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP);
}

int
namespaces_make (Setup *setup)
{
  if (setup->launch->late != 0 && unshare ((int) setup->launch->late) < 0)
    return fault_set (setup, FAULT_NO_NAMESPACES, "unshare", NULL);
  return 0;
}
