/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Shifted clocks.
 *
 * Offsets can be written only while a time namespace is empty, so it cannot come from clone with the others: unshare makes one
 * for our children, the offsets are written, and then we enter it ourselves.
 */
#include "sandbox/decimal.h"
#include "sandbox/plan-namespace.h"
#include "sandbox/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

/* As the kernel reads them. */
static const char *const clocks[] = { [SANDBOX_CLOCK_MONOTONIC] = "1 ", [SANDBOX_CLOCK_BOOTTIME] = "7 " };

static int
offset_write (Setup *setup, int fd, const Record *record)
{
  int64_t seconds = (int64_t) record->size;
  char line[64];
  char *end = text_append (line, clocks[record->number]);

  if (seconds < 0)
    end = text_append (end, "-");
  end = decimal_append (end, (uint64_t) (seconds < 0 ? -seconds : seconds));
  (void) text_append (end, " 0\n");
  if (write (fd, line, strlen (line)) < 0)
    return fault_set (setup, errno == ERANGE ? FAULT_TIME_RANGE : FAULT_PLAIN, "write", "self/timens_offsets");
  return 0;
}

static int
time_enter (Setup *setup)
{
  int fd = openat (setup->proc_fd, "self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
  int result;

  if (fd < 0)
    return fault_set (setup, FAULT_PLAIN, "open", "self/ns/time_for_children");
  result = setns (fd, CLONE_NEWTIME);
  if (result < 0)
    (void) fault_set (setup, FAULT_PLAIN, "setns", "self/ns/time_for_children");
  (void) close (fd);
  return result;
}

int
time_shift (Setup *setup)
{
  const SandboxPlan *plan = setup->launch->plan;
  int fd = -1;
  int result = 0;

  for (size_t i = 0; i < plan->n_records && result == 0; i++)
    {
      if (plan->records[i].kind != RECORD_TIME)
        continue;
      if (fd < 0 && unshare (CLONE_NEWTIME) < 0)
        return fault_set (setup, errno == EINVAL || errno == ENOSYS ? FAULT_NO_TIME : FAULT_PLAIN, "unshare", "time");
      if (fd < 0)
        fd = openat (setup->proc_fd, "self/timens_offsets", O_WRONLY | O_CLOEXEC);
      result = fd < 0 ? fault_set (setup, FAULT_PLAIN, "open", "self/timens_offsets") : offset_write (setup, fd, &plan->records[i]);
    }
  if (fd < 0)
    return result;
  (void) close (fd);
  return result < 0 ? -1 : time_enter (setup);
}
