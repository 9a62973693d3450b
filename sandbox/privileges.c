/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the app may do as far as capabilities go, by libcap.  libcap allocates the sets that it is handed, so
 * privileges_prepare() makes them before clone; of what privileges_drop() calls afterwards each is one system call.
 */
#include "sandbox/launch.h"
#include "sandbox/landlock.h"
#include "sandbox/scope.h"

#include <errno.h>
#include <sys/prctl.h>
#include <unistd.h>

#define N_CAPABILITIES 64       /* the kernel's sets have as many bits; see capset(2) */

/* Sets that have `own` effective and permitted, and `kept` inheritable.  NULL when out of memory. */
static cap_t
sets_make (uint64_t own, uint64_t kept)
{
  cap_t sets = cap_init ();

  for (cap_value_t capability = 0; sets != NULL && capability < N_CAPABILITIES; capability++)
    {
      uint64_t bit = UINT64_C (1) << capability;
      int failed = 0;

      if ((own & bit) != 0)
        failed = cap_set_flag (sets, CAP_EFFECTIVE, 1, &capability, CAP_SET) < 0
                 || cap_set_flag (sets, CAP_PERMITTED, 1, &capability, CAP_SET) < 0;
      if ((kept & bit) != 0)
        failed |= cap_set_flag (sets, CAP_INHERITABLE, 1, &capability, CAP_SET) < 0;
      if (failed)
        {
          (void) cap_free (sets);
          return NULL;
        }
    }
  return sets;
}

int
privileges_prepare (Launch *launch)
{
  uint64_t kept = launch->capabilities;
  /* Securebits need one more until they are set. */
  uint64_t own = kept | (launch->securebits != 0 ? UINT64_C (1) << CAP_SETPCAP : 0);

  launch->kept = sets_make (kept, kept);
  launch->settling = sets_make (own, kept);
  return launch->kept == NULL || launch->settling == NULL ? -1 : 0;
}

/* After the ambient capabilities are there, since a bit may forbid to raise them. */
static int
securebits_set (Setup *setup)
{
  if (setup->launch->securebits == 0)
    return 0;
  if (cap_set_secbits (setup->launch->securebits) < 0)
    return fault_set (setup, FAULT_PLAIN, "prctl", "securebits");
  if (cap_set_proc (setup->launch->kept) < 0)
    return fault_set (setup, FAULT_PLAIN, "capset", NULL);
  return 0;
}

/* Every set is emptied but for what the plan keeps.  The bounding set goes first: that needs a
 * capability.  Kept ones must be ambient, or they would not survive exec for a user other than 0. */
int
privileges_drop (Setup *setup)
{
  uint64_t keep = setup->launch->capabilities;

  for (cap_value_t capability = 0; capability < N_CAPABILITIES; capability++)
    {
      if ((keep & (UINT64_C (1) << capability)) != 0)
        continue;
      if (cap_drop_bound (capability) < 0)
        {
          if (errno == EINVAL && capability > 0)
            break;      /* beyond the last one that this kernel has */
          return fault_set (setup, FAULT_PLAIN, "prctl", "capability bounding set");
        }
    }
  /* Not cap_reset_ambient(), which asks for each first and takes a refusal for "there are none". */
  if (cap_prctlw (PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0, 0) < 0 && errno != EINVAL)
    return fault_set (setup, FAULT_PLAIN, "prctl", "ambient capabilities");
  if (cap_set_proc (setup->launch->settling) < 0)
    return fault_set (setup, FAULT_PLAIN, "capset", NULL);
  for (cap_value_t capability = 0; capability < N_CAPABILITIES; capability++)
    if ((keep & (UINT64_C (1) << capability)) != 0 && cap_set_ambient (capability, CAP_SET) < 0)
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
