/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/plan-namespace.h"

#include "sandbox/kernel.h"
#include "sandbox/plan-build.h"

#include <arpa/inet.h>
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

/* One to five digits, 1 to 65535; *ret_end points behind them. */
static int
port_parse (const char *text, const char **ret_end)
{
  unsigned port = 0;
  size_t n = strspn (text, "0123456789");

  for (size_t i = 0; i < n && n <= 5; i++)
    port = port * 10 + (unsigned) (text[i] - '0');
  *ret_end = text + n;
  return port >= 1 && port <= 65535 ? (int) port : -1;
}

/* The form that pasta takes, malloc'ed; NULL when it is none of ours. */
static char *
publication_parse (const char *text)
{
  const char *slash = strchr (text, '/');
  const char *ports = slash != NULL ? slash + 1 : text;
  char address[INET_ADDRSTRLEN] = "127.0.0.1";
  struct in_addr ignored;
  const char *end;
  char *result = NULL;
  int outside;
  int inside;

  if (slash != NULL && (size_t) (slash - text) >= sizeof address)
    return NULL;
  if (slash != NULL)
    (void) snprintf (address, sizeof address, "%.*s", (int) (slash - text), text);
  if (inet_pton (AF_INET, address, &ignored) != 1)
    return NULL;
  outside = port_parse (ports, &end);
  inside = outside > 0 && *end == ':' ? port_parse (end + 1, &end) : -1;
  if (inside < 0 || *end != '\0' || asprintf (&result, "%s/%d:%d", address, outside, inside) < 0)
    return NULL;
  return result;
}

int
sandbox_plan_network_outgoing (SandboxPlan *plan, const char *const *ports, size_t n_ports, const char *origin)
{
  Record record = RECORD_INIT (RECORD_OUTGOING);

  record.argv = calloc (n_ports + 1, sizeof *record.argv);
  if (record.argv == NULL)
    return plan_fail (plan, &record, "out of memory while the sandbox was planned");
  if (record_place (plan, &record, "/etc/resolv.conf") < 0)
    return -1;
  for (size_t i = 0; i < n_ports; i++)
    {
      record.argv[i] = publication_parse (ports[i]);
      if (record.argv[i] == NULL)
        return plan_fail (plan, &record, "“%s” does not publish a port; it is written as PORT:PORT (outside, inside), or as "
                          "ADDRESS/PORT:PORT with an IPv4 address of this machine", ports[i]);
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
