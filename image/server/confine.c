/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * In order: no new privileges, an empty root of our own, no capability, not to be traced; then, by the caller, the
 * filter.  A network namespace would take longer than all of this and add nothing: the filter has no call that makes a
 * socket.
 */
#include <errno.h>
#include <sched.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "image/server/server.h"

static gboolean
capabilities_drop (void)
{
  cap_t none = cap_init ();
  gboolean is_done;

  if (none == NULL)
    return FALSE;
  for (cap_value_t capability = 0; cap_get_bound (capability) >= 0; capability++)
    if (cap_drop_bound (capability) < 0)
      return (void) cap_free (none), FALSE;
  is_done = cap_set_proc (none) == 0;
  (void) cap_free (none);
  return is_done;
}

/* The keeper's namespace has the mounts of all images in it; ours has nothing.  The keeper made the folder. */
static gboolean
root_empty (void)
{
  return unshare (CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS) == 0
         && mount ("nothing", SERVER_EMPTY_FOLDER, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, "mode=0500,size=4k") == 0
         && chdir (SERVER_EMPTY_FOLDER) == 0 && syscall (SYS_pivot_root, ".", ".") == 0
         && umount2 (".", MNT_DETACH) == 0 && chdir ("/") == 0;
}

gboolean
worker_confine (GError **error)
{
  static const struct rlimit nothing = { 0, 0 };
  const char *step = NULL;

  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
    step = "no new privileges";
  else if (!root_empty ())
    step = "an empty root";
  else if (!capabilities_drop ())
    step = "no capability";
  else if (prctl (PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
    step = "no tracing";
  else if (setrlimit (RLIMIT_CORE, &nothing) < 0)
    step = "limits";
  if (step != NULL)
    return error_throw_code (error, ERROR_UNAVAILABLE, "The process that reads images cannot be confined (%s): %s", step,
                             g_strerror (errno));
  return TRUE;
}
