/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The user namespace that the app ends up in, when that is another one than the sandbox was set up from.
 *
 * To keep the app from making user namespaces, the number of those below the first one is limited to one, and that one is made
 * here and now.  The app lives in it and has no rights over the limit, which belongs to the namespace above.
 */
#include "sandbox/idmap.h"
#include "sandbox/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

static int
last_join (Setup *setup)
{
  const SandboxPlan *plan = setup->launch->plan;

  for (size_t i = plan->n_records; i > 0; i--)
    if (plan->records[i - 1].kind == RECORD_JOIN && plan->records[i - 1].number == SANDBOX_JOIN_USER_LAST)
      return setns (plan->records[i - 1].fd, CLONE_NEWUSER) < 0 ? fault_set (setup, FAULT_PLAIN, "setns", NULL) : 0;
  return 0;
}

static int
limit_write (Setup *setup)
{
  static const char name[] = "sys/user/max_user_namespaces";
  int fd = openat (setup->proc_fd, name, O_WRONLY | O_CLOEXEC);
  int result;

  if (fd < 0)
    return fault_set (setup, FAULT_PLAIN, "open", name);
  result = write (fd, "1", 1) == 1 ? 0 : fault_set (setup, FAULT_PLAIN, "write", name);
  (void) close (fd);
  return result;
}

int
userns_finish (Setup *setup)
{
  const Launch *launch = setup->launch;
  uid_t uid = geteuid ();
  gid_t gid = getegid ();

  if (last_join (setup) < 0)
    return -1;
  if ((launch->start & SANDBOX_START_NO_USERNS) != 0)
    {
      if (limit_write (setup) < 0)
        return -1;
      if (unshare (CLONE_NEWUSER) < 0)
        return fault_set (setup, FAULT_PLAIN, "unshare", NULL);
      if (idmap_write_single (setup, uid, uid, gid, gid) < 0)
        return -1;
    }
  if ((launch->start & (SANDBOX_START_NO_USERNS | SANDBOX_START_NO_USERNS_ALREADY)) == 0 || unshare (CLONE_NEWUSER) < 0)
    return 0;
  errno = EPERM;
  return fault_set (setup, FAULT_USERNS_ALLOWED, "unshare", NULL);
}
