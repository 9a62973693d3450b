/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/rlimit.h"

#include "sandbox/limit.h"
#include "sandbox/plan-limit.h"
#include "sandbox/setup.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

/* Returns 1 and the limit to set, or 0 when it is above the hard limit that this process has.  “unlimited” is whatever may be
 * had. */
static int
rlimit_choose (const Record *record, struct rlimit *ret_limit)
{
  struct rlimit own;
  rlim_t soft = record->size == SANDBOX_UNLIMITED ? RLIM_INFINITY : (rlim_t) record->size;
  rlim_t hard = record->hard == SANDBOX_UNLIMITED ? RLIM_INFINITY : (rlim_t) record->hard;

  if (getrlimit (record->number, &own) < 0)
    return 0;
  if (hard == RLIM_INFINITY)
    hard = own.rlim_max;
  if (soft == RLIM_INFINITY)
    soft = own.rlim_max;
  ret_limit->rlim_cur = soft;
  ret_limit->rlim_max = hard;
  return hard <= own.rlim_max && soft <= hard;
}

int
rlimits_check (const SandboxPlan *plan, SandboxError *ret_error)
{
  const Record *record;
  struct rlimit limit;
  struct rlimit own;
  size_t i = 0;

  while ((record = limit_next (plan, false, &i)) != NULL)
    {
      if ((record->flags & LIMIT_OPTIONAL) != 0 || rlimit_choose (record, &limit))
        continue;
      memset (ret_error, 0, sizeof *ret_error);
      ret_error->saved_errno = EPERM;
      (void) getrlimit (record->number, &own);
      (void) snprintf (ret_error->message, sizeof ret_error->message,
                       "cannot set the limit “%s” to %s (wanted by: %s): this process may not have more than %" PRIuMAX
                       "%s; ask for less, or have the hard limit raised (limits.conf(5), or LimitXXX= of systemd)",
                       record->dest, record->source, record->origin, (uintmax_t) own.rlim_max,
                       record->number == RLIMIT_NICE ? " (20 less the nice value)" : "");
      return -1;
    }
  return 0;
}

/* Those that are optional and above the hard limit stay as they are. */
int
rlimits_set (Setup *setup)
{
  const Record *record;
  struct rlimit limit;
  size_t i = 0;

  while ((record = limit_next (setup->launch->plan, false, &i)) != NULL)
    {
      setup->fault.record = (int32_t) i - 1;
      if (!rlimit_choose (record, &limit))
        continue;
      if (setrlimit (record->number, &limit) < 0)
        return fault_set (setup, FAULT_PLAIN, "setrlimit", record->dest);
    }
  setup->fault.record = -1;
  return 0;
}

void
rlimits_explain (const SandboxPlan *plan, int status, char *message, size_t size)
{
  static const struct { int resource, number; const char *before, *behind; } ends[] = {
    { RLIMIT_CPU, SIGXCPU, "used more than", " seconds of processor time" },
    { RLIMIT_FSIZE, SIGXFSZ, "wrote a file of more than", "" },
  };
  const Record *record;
  size_t i = 0;

  while ((record = limit_next (plan, false, &i)) != NULL)
    for (size_t j = 0; j < sizeof ends / sizeof ends[0]; j++)
      if (record->number == ends[j].resource && status == 128 + ends[j].number)
        (void) snprintf (message, size, "the command was ended because it %s %.*s%s (limit of: %s)", ends[j].before,
                         (int) strcspn (record->source, ","), record->source, ends[j].behind, record->origin);
}
