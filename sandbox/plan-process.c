/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The records of a plan that are about the process: environment, namespaces, identity, rights, command,
 * descriptors.
 */
#include "sandbox/plan.h"

#include "sandbox/path.h"
#include "sandbox/plan-build.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdlib.h>
#include <string.h>

static int
plan_add_variable (SandboxPlan *plan, RecordKind kind, const char *name, const char *value, const char *origin)
{
  Record record = RECORD_INIT (kind);

  if (name == NULL || name[0] == '\0' || strchr (name, '=') != NULL)
    return plan_fail (plan, &record, "“%s” is not the name of an environment variable", name != NULL ? name : "");
  if (record_text (plan, &record, &record.dest, name) < 0
      || (kind == RECORD_SETENV && record_text (plan, &record, &record.source, value) < 0))
    return -1;
  return plan_append (plan, &record, origin);
}

int
sandbox_plan_setenv (SandboxPlan *plan, const char *name, const char *value, const char *origin)
{
  return plan_add_variable (plan, RECORD_SETENV, name, value, origin);
}

int
sandbox_plan_unsetenv (SandboxPlan *plan, const char *name, const char *origin)
{
  return plan_add_variable (plan, RECORD_UNSETENV, name, NULL, origin);
}

int
sandbox_plan_share (SandboxPlan *plan, unsigned what, const char *origin)
{
  Record record = RECORD_INIT (RECORD_SHARE);
  const unsigned all = SANDBOX_SHARE_NETWORK | SANDBOX_SHARE_IPC | SANDBOX_SHARE_UTS | SANDBOX_SHARE_CGROUP
                       | SANDBOX_SHARE_PIDS | SANDBOX_SHARE_REACH;

  record.flags = what;
  if ((what & ~all) != 0)
    return plan_fail (plan, &record, "unknown namespace bits 0x%x to share", what & ~all);
  return plan_append (plan, &record, origin);
}

int
sandbox_plan_identity (SandboxPlan *plan, uid_t uid, gid_t gid, const char *origin)
{
  Record record = RECORD_INIT (RECORD_IDENTITY);

  record.uid = uid;
  record.gid = gid;
  if (uid == (uid_t) -1 || gid == (gid_t) -1)
    return plan_fail (plan, &record, "the user and group ids inside must be numbers below 4294967295");
  return plan_append (plan, &record, origin);
}

static int
plan_add_name (SandboxPlan *plan, RecordKind kind, const char *what, const char *name, const char *origin)
{
  Record record = RECORD_INIT (kind);

  if (name == NULL || name[0] == '\0' || strlen (name) > 64)
    return plan_fail (plan, &record, "a %s name has 1 to 64 bytes", what);
  if (record_text (plan, &record, &record.dest, name) < 0)
    return -1;
  return plan_append (plan, &record, origin);
}

int
sandbox_plan_hostname (SandboxPlan *plan, const char *name, const char *origin)
{
  return plan_add_name (plan, RECORD_HOSTNAME, "host", name, origin);
}

int
sandbox_plan_domain_name (SandboxPlan *plan, const char *name, const char *origin)
{
  return plan_add_name (plan, RECORD_DOMAIN_NAME, "domain", name, origin);
}

int
sandbox_plan_keep_capability (SandboxPlan *plan, int capability, const char *origin)
{
  Record record = RECORD_INIT (RECORD_CAPABILITY);

  record.number = capability;
  if (capability < 0 || capability > CAP_LAST_CAP)
    return plan_fail (plan, &record, "%d is not the number of a capability", capability);
  return plan_append (plan, &record, origin);
}

int
sandbox_plan_securebits (SandboxPlan *plan, unsigned bits, const char *origin)
{
  Record record = RECORD_INIT (RECORD_SECUREBITS);

  record.flags = bits;
  if ((bits & ~(unsigned) (SECURE_ALL_BITS | SECURE_ALL_LOCKS)) != 0)
    return plan_fail (plan, &record, "unknown securebits 0x%x", bits & ~(unsigned) (SECURE_ALL_BITS | SECURE_ALL_LOCKS));
  return plan_append (plan, &record, origin);
}

int
sandbox_plan_terminal (SandboxPlan *plan, const char *origin)
{
  Record record = RECORD_INIT (RECORD_TERMINAL);

  return plan_append (plan, &record, origin);
}

int
sandbox_plan_filter (SandboxPlan *plan, SandboxFilter filter, const char *origin)
{
  Record record = RECORD_INIT (RECORD_FILTER);

  record.number = (int) filter;
  if (record.number < 0 || record.number > SANDBOX_FILTER_NONE)
    return plan_fail (plan, &record, "%d is not a system call filter", record.number);
  return plan_append (plan, &record, origin);
}

static int
plan_add_landlock (SandboxPlan *plan, unsigned flags, int port, const char *origin)
{
  Record record = RECORD_INIT (RECORD_LANDLOCK);

  record.flags = flags;
  record.number = port;
  return plan_append (plan, &record, origin);
}

int
sandbox_plan_landlock_files (SandboxPlan *plan, unsigned flags, const char *origin)
{
  Record none = RECORD_INIT (RECORD_LANDLOCK);

  if ((flags & ~(unsigned) SANDBOX_LANDLOCK_IF_POSSIBLE) != 0)
    return plan_fail (plan, &none, "0x%x is not a way to ask for Landlock", flags);
  return plan_add_landlock (plan, flags | SANDBOX_LANDLOCK_FILES, 0, origin);
}

int
sandbox_plan_landlock_port (SandboxPlan *plan, unsigned what, int port, const char *origin)
{
  const unsigned kinds = SANDBOX_LANDLOCK_CONNECT | SANDBOX_LANDLOCK_BIND;
  Record none = RECORD_INIT (RECORD_LANDLOCK);

  if ((what & kinds) == 0 || (what & ~(kinds | SANDBOX_LANDLOCK_IF_POSSIBLE)) != 0)
    return plan_fail (plan, &none, "0x%x is not a use of a port", what);
  if (port < 0 || port > 65535)
    return plan_fail (plan, &none, "%d is not the number of a port", port);
  return plan_add_landlock (plan, what, port, origin);
}

int
sandbox_plan_cwd (SandboxPlan *plan, const char *dir, const char *origin)
{
  Record record = RECORD_INIT (RECORD_CWD);

  if (record_place (plan, &record, dir) < 0)
    return -1;
  if (path_leads_below (record.dest, "/proc") || path_leads_below (record.dest, "/dev"))
    return plan_fail (plan, &record, "“%s” is refused as working directory: below /proc and /dev it could name an open "
                      "descriptor", dir);
  return plan_append (plan, &record, origin);
}

int
sandbox_plan_command (SandboxPlan *plan, const char *const *argv, const char *origin)
{
  Record record = RECORD_INIT (RECORD_COMMAND);
  size_t n = 0;

  while (argv != NULL && argv[n] != NULL)
    n++;
  if (n == 0 || argv[0][0] == '\0')
    return plan_fail (plan, &record, "the command of the sandbox is empty");
  record.argv = calloc (n + 1, sizeof *record.argv);
  if (record.argv == NULL)
    return plan_fail (plan, &record, "out of memory while the sandbox was planned");
  for (size_t i = 0; i < n; i++)
    if (record_text (plan, &record, &record.argv[i], argv[i]) < 0)
      return -1;
  return plan_append (plan, &record, origin);
}

static int
plan_add_fd (SandboxPlan *plan, RecordKind kind, int fd, int target, const char *what, const char *origin)
{
  Record record = RECORD_INIT (kind);

  record.fd = fd_raise (fd);
  record.number = target;
  if (record.fd < 0 || fcntl (record.fd, F_SETFD, FD_CLOEXEC) < 0)
    return plan_fail (plan, &record, "a descriptor for the sandbox is not open: %s", strerror (errno));
  if (target < 0 || target > 1023)
    return plan_fail (plan, &record, "descriptor number %d inside the sandbox is not between 0 and 1023", target);
  if (record_text (plan, &record, &record.source, what) < 0)
    return -1;
  return plan_append (plan, &record, origin);
}

int
sandbox_plan_pass_fd (SandboxPlan *plan, int fd, int target, const char *origin)
{
  return plan_add_fd (plan, RECORD_PASS_FD, fd, target, "", origin);
}

int
sandbox_plan_die_with_fd (SandboxPlan *plan, int fd, const char *what, const char *origin)
{
  return plan_add_fd (plan, RECORD_DIE_WITH_FD, fd, 0, what, origin);
}
