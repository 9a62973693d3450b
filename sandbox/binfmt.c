/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Programs of other machines: since Linux 6.7 a user namespace has its own list of what runs them (binfmt_misc), with a file system
 * of its own, which must stay mounted.
 */
#include "sandbox/mount.h"
#include "sandbox/place.h"
#include "sandbox/plan-build.h"
#include "sandbox/plan-guest.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define RULE_MAX 1920       /* as the kernel has it */

int
sandbox_plan_binfmt (SandboxPlan *plan, const char *rule, const char *dest, const char *origin)
{
  Record record = RECORD_INIT (RECORD_BINFMT);

  if (record_place (plan, &record, dest) < 0 || record_text (plan, &record, &record.source, rule) < 0)
    return -1;
  if (strlen (rule) > RULE_MAX || strchr (rule, '\n') != NULL)
    return plan_fail (plan, &record, "a rule for programs is one line of at most %d bytes, as binfmt_misc takes it", RULE_MAX);
  return plan_append (plan, &record, origin);
}

/* What the kernel makes of the rule it says by errno. */
static int
rule_register (Setup *setup, const Record *record)
{
  int mounted = place_existing (setup, record->dest);
  int fd = mounted < 0 ? -1 : openat (mounted, "register", O_WRONLY | O_CLOEXEC);
  ssize_t n = fd < 0 ? -1 : write (fd, record->source, strlen (record->source));
  int saved_errno = errno;

  if (fd >= 0)
    (void) close (fd);
  if (mounted >= 0)
    (void) close (mounted);
  errno = n < 0 ? saved_errno : EIO;
  return n == (ssize_t) strlen (record->source) ? 0 : fault_set (setup, FAULT_PLAIN, "write", "binfmt_misc");
}

int
place_binfmt (Setup *setup, const Record *record)
{
  int fd = place_mount_point (setup, record->dest, true);
  int result = fd < 0 ? -1 : mount_filesystem (setup, "binfmt_misc", fd, MS_NODEV | MS_NOEXEC, NULL);

  if (fd >= 0)
    (void) close (fd);
  return result < 0 || record->source[0] == '\0' ? result : rule_register (setup, record);
}
