/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/plan-guest.h"

#include "sandbox/plan-build.h"

int
sandbox_plan_data (SandboxPlan *plan, const char *dest, const void *data, size_t size, mode_t mode, SandboxData what,
                   const char *origin)
{
  if (sandbox_plan_file (plan, dest, data, size, mode, origin) < 0)
    return -1;
  plan->records[plan->n_records - 1].number = RECORD_FILE_DATA + (int) what;
  return 0;
}

int
sandbox_plan_chmod (SandboxPlan *plan, const char *dest, mode_t mode, const char *origin)
{
  Record record = RECORD_INIT (RECORD_CHMOD);

  record.mode = mode;
  if (record_place (plan, &record, dest) < 0)
    return -1;
  if ((mode & ~(mode_t) 07777) != 0)
    return plan_fail (plan, &record, "mode %o of “%s” is not a mode", (unsigned) mode, dest);
  return plan_append (plan, &record, origin);
}

int
sandbox_plan_start (SandboxPlan *plan, unsigned flags, const char *origin)
{
  Record record = RECORD_INIT (RECORD_START);

  record.flags = flags;
  if (flags >= INIT_SHARED_PIDS)
    return plan_fail (plan, &record, "unknown ways to start a command: 0x%x", flags);
  return plan_append (plan, &record, origin);
}

int
sandbox_plan_argv0 (SandboxPlan *plan, const char *name, const char *origin)
{
  Record record = RECORD_INIT (RECORD_ARGV0);

  if (record_text (plan, &record, &record.source, name) < 0)
    return -1;
  return plan_append (plan, &record, origin);
}
