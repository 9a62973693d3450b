/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Records that do not go together.  Each is right by itself, so this can be said only when the plan is whole.
 */
#include "sandbox/launch.h"

#define HELD_MAX 256        /* as in init/init.c */

/* The records that are about the process alone. */
static int
enter_allows (const SandboxPlan *plan)
{
  static const RecordKind kinds[] = { RECORD_SETENV, RECORD_UNSETENV, RECORD_SHARE, RECORD_CAPABILITY, RECORD_FILTER, RECORD_CWD,
                                      RECORD_COMMAND, RECORD_LIMIT, RECORD_PASS_FD, RECORD_DIE_WITH_FD, RECORD_TERMINAL, RECORD_SECUREBITS,
                                      RECORD_START, RECORD_ARGV0, RECORD_SECCOMP, RECORD_HOLD_FD, RECORD_WAIT_FD, RECORD_ENTER,
                                      RECORD_EXEC_LABEL, RECORD_ATTRIBUTE, RECORD_EXEC_PROFILE };

  for (size_t i = 0; i < plan->n_records; i++)
    {
      size_t k = 0;

      while (k < sizeof kinds / sizeof kinds[0] && kinds[k] != plan->records[i].kind)
        k++;
      if (k == sizeof kinds / sizeof kinds[0])
        return 0;
    }
  return 1;
}

const char *
launch_check (const Launch *launch, int is_told)
{
  const SandboxPlan *plan = launch->plan;
  unsigned userns = 1u << SANDBOX_JOIN_USER;
  size_t n_held = 0;

  for (size_t i = 0; i < plan->n_records; i++)
    n_held += plan->records[i].kind == RECORD_LOCK || plan->records[i].kind == RECORD_HOLD_FD;
  if (n_held > HELD_MAX)
    return "more than 256 locks and descriptors to hold";
  if ((launch->start & SANDBOX_START_AS_PID_1) != 0 && (launch->shared & SANDBOX_SHARE_PIDS) != 0)
    return "the app can be pid 1 only where the process ids are the sandbox's own";
  if ((launch->start & SANDBOX_START_AS_PID_1) != 0 && record_last (plan, RECORD_LOCK) != NULL)
    return "where the app is pid 1 itself, nobody can hold a lock for it";
  if ((launch->start & SANDBOX_START_NO_USERNS) != 0
      && ((launch->joined & userns) != 0 || (launch->start & SANDBOX_START_MAPPED_OUTSIDE) != 0))
    return "user namespaces can be forbidden only below a user namespace of the sandbox's own, with a map of its own";
  if ((launch->start & SANDBOX_START_MAPPED_OUTSIDE) != 0 && ((launch->joined & userns) != 0 || !is_told))
    return "somebody outside can map the ids only of a new user namespace, and must be told of it";
  if ((launch->joined & userns) != 0 && record_last (plan, RECORD_ID_RANGE) != NULL)
    return "ids can be mapped only into a user namespace of the sandbox's own";
  if ((record_last (plan, RECORD_EXEC_LABEL) != NULL || record_last (plan, RECORD_FILE_LABEL) != NULL) && !sandbox_label_is_possible ())
    return "SELinux labels are wanted, and SELinux is not enabled on this machine, or has no policy";
  if (record_last (plan, RECORD_EXEC_PROFILE) != NULL && !sandbox_profile_is_possible ())
    return "a profile of AppArmor is wanted, and AppArmor is not enabled on this machine";
  if (record_last (plan, RECORD_EXEC_PROFILE) != NULL && record_last (plan, RECORD_EXEC_LABEL) != NULL)
    return "a command has a label of SELinux or a profile of AppArmor, not both";
  if (launch->is_entering && !enter_allows (plan))
    return "a running sandbox is joined as it is: places, identity, host name, clocks, networks, Landlock and namespaces cannot be "
           "chosen";
  return NULL;
}
