/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/plan-namespace.h"

#include "sandbox/kernel.h"
#include "sandbox/plan-build.h"
#include "sandbox/publication.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Beyond this the kernel's clocks would overflow within the life of a sandbox. */
#define OFFSET_MAX (INT64_MAX / 1000000000 / 2)

int
sandbox_plan_time_offset (SandboxPlan *plan, SandboxClock clock, int64_t seconds, const char *origin)
{
  Record record = RECORD_INIT (RECORD_TIME);

  record.number = (int) clock;
  record.size = (uint64_t) seconds;
  if (record.number < 0 || record.number > SANDBOX_CLOCK_BOOTTIME)
    return plan_fail (plan, &record, "%d is not a clock of a time namespace", record.number);
  if (seconds > OFFSET_MAX || seconds < -OFFSET_MAX)
    return plan_fail (plan, &record, "a clock cannot be shifted by %lld seconds", (long long) seconds);
  return plan_append (plan, &record, origin);
}

int
sandbox_plan_map_range (SandboxPlan *plan, unsigned what, uint32_t inner, uint32_t outer, uint32_t count, const char *origin)
{
  Record record = RECORD_INIT (RECORD_ID_RANGE);

  record.flags = what;
  record.uid = inner;
  record.gid = outer;
  record.size = count;
  if (what == 0 || (what & ~(unsigned) (SANDBOX_RANGE_USERS | SANDBOX_RANGE_GROUPS)) != 0)
    return plan_fail (plan, &record, "ids to map are those of users, of groups, or both");
  if (count != 0 && (count > UINT32_MAX - inner || count > UINT32_MAX - outer))
    return plan_fail (plan, &record, "the range of %u ids from %u and %u on goes beyond the highest id", count, inner, outer);
  return plan_append (plan, &record, origin);
}

int
sandbox_plan_network_outgoing (SandboxPlan *plan, const char *const *ports, size_t n_ports, const char *origin)
{
  Record record = RECORD_INIT (RECORD_OUTGOING);
  char reason[SANDBOX_PUBLICATION_REASON];

  record.argv = calloc (n_ports + 1, sizeof *record.argv);
  if (record.argv == NULL)
    return plan_fail (plan, &record, "out of memory while the sandbox was planned");
  if (record_place (plan, &record, "/etc/resolv.conf") < 0)
    return -1;
  for (size_t i = 0; i < n_ports; i++)
    {
      record.argv[i] = sandbox_publication_parse (ports[i], reason);
      if (record.argv[i] == NULL)
        return plan_fail (plan, &record, "%s", reason);
      for (size_t k = 0; k < i; k++)
        if (sandbox_publication_clashes (record.argv[k], record.argv[i]))
          return plan_fail (plan, &record, "“%s” and “%s” publish the same port of this machine, and pasta serves each at one address only",
                            record.argv[k], record.argv[i]);
    }
  return plan_append (plan, &record, origin);
}

int
sandbox_plan_enter (SandboxPlan *plan, pid_t pid, const char *origin)
{
  Record record = RECORD_INIT (RECORD_ENTER);

  record.number = (int) pid;
  record.fd = pid > 0 ? fd_raise (kernel_pidfd_open (pid)) : -1;
  if (record.fd < 0 || fcntl (record.fd, F_SETFD, FD_CLOEXEC) < 0)
    return plan_fail (plan, &record, "process %d cannot be joined: %s", (int) pid, pid > 0 ? strerror (errno) : "that is no process");
  return plan_append (plan, &record, origin);
}
