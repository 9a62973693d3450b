/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/kernel.h"
#include "sandbox/landlock.h"
#include "sandbox/scope.h"
#include "sandbox/setup.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

/* After the ambient capabilities are there, since a bit may forbid to raise them. */
static int
securebits_set (Setup *setup)
{
  uint64_t keep = setup->launch->capabilities;

  if (setup->launch->securebits == 0)
    return 0;
  if (prctl (PR_SET_SECUREBITS, setup->launch->securebits, 0, 0, 0) < 0)
    return fault_set (setup, FAULT_PLAIN, "prctl", "securebits");
  if (kernel_capset (keep, keep, keep) < 0)
    return fault_set (setup, FAULT_PLAIN, "capset", NULL);
  return 0;
}

/* Every set is emptied but for what the plan keeps.  The bounding set goes first: that needs a
 * capability.  Kept ones must be ambient, or they would not survive exec for a user other than 0. */
int
privileges_drop (Setup *setup)
{
  uint64_t keep = setup->launch->capabilities;
  /* Securebits need one more until they are set. */
  uint64_t own = keep | (setup->launch->securebits != 0 ? UINT64_C (1) << CAP_SETPCAP : 0);

  for (int capability = 0; capability < 64; capability++)
    {
      if ((keep & (UINT64_C (1) << capability)) != 0)
        continue;
      if (prctl (PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
        {
          if (errno == EINVAL && capability > 0)
            break;      /* beyond the last one that this kernel has */
          return fault_set (setup, FAULT_PLAIN, "prctl", "capability bounding set");
        }
    }
  if (prctl (PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
    return fault_set (setup, FAULT_PLAIN, "prctl", "ambient capabilities");
  if (kernel_capset (own, own, keep) < 0)
    return fault_set (setup, FAULT_PLAIN, "capset", NULL);
  for (int capability = 0; capability < 64; capability++)
    if ((keep & (UINT64_C (1) << capability)) != 0
        && prctl (PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0)
      return fault_set (setup, FAULT_PLAIN, "prctl", "ambient capabilities");
  if (securebits_set (setup) < 0)
    return -1;
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
    return fault_set (setup, FAULT_PLAIN, "prctl", "no_new_privs");
  return 0;
}

int
scope_limit (Setup *setup)
{
  int error;

  if (setup->ruleset_fd >= 0)      /* the scope is part of it */
    {
      if (landlock_ruleset_enter (setup->ruleset_fd) < 0)
        return fault_set (setup, FAULT_PLAIN, "landlock_restrict_self", NULL);
      return close (setup->ruleset_fd);
    }
  if ((setup->launch->shared & SANDBOX_SHARE_REACH) != 0)
    return 0;
  error = scope_restrict ();
  if (error == 0 || error == ENOSYS)
    return 0;       /* an older kernel: what is missing is written in scope.h, and doctor shows it */
  /* The sixteenth sandbox within another: there are no more layers.  A session of its own takes the app out of its caller's
   * process group as well, and abstract sockets are out of reach in a network namespace of its own. */
  if (error == E2BIG && (setup->launch->shared & SANDBOX_SHARE_NETWORK) == 0)
    {
      setup->has_own_session = true;
      return 0;
    }
  errno = error;
  return fault_set (setup, FAULT_PLAIN, "landlock_restrict_self", NULL);
}
