/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of "apprun doctor": each row tries one thing in a child.
 */
#include "sandbox/probe.h"

#include "sandbox/filters/filters.h"
#include "sandbox/kernel.h"
#include "sandbox/landlock.h"
#include "sandbox/probe-limits.h"
#include "sandbox/mount.h"
#include "sandbox/scope.h"
#include "sandbox/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int
try_clone3 (int *ret_place)
{
  return syscall (SYS_clone3, NULL, 0) < 0 && errno == ENOSYS ? ENOSYS : 0;
}

static int
try_close_range (int *ret_place)
{
  return kernel_close_range (1000000, 1000000, 0) < 0 ? errno : 0;
}

static int
try_openat2 (int *ret_place)
{
  return kernel_openat2 (AT_FDCWD, "/", O_PATH | O_CLOEXEC, RESOLVE_NO_SYMLINKS) < 0 ? errno : 0;
}

static int
try_mount_api (int *ret_place)
{
  int error = trial_enter_userns (ret_place);     /* outside it the calls are refused for another reason */

  return error != 0 ? error : mount_new_works () ? 0 : ENOSYS;
}

static int
try_pidfd (int *ret_place)
{
  int pidfd = -1;
  pid_t pid = kernel_clone (0, &pidfd);
  struct pollfd end = { .fd = pidfd, .events = POLLIN };

  if (pid == 0)
    _exit (0);
  if (pid < 0 || poll (&end, 1, 5000) < 0)
    return errno;
  return end.revents != 0 ? 0 : ETIMEDOUT;
}

/* A proc file system of our own is refused where parts of the host's are covered. */
static int
try_proc (int *ret_place)
{
  int error = trial_enter_userns (ret_place);
  int status = 0;
  pid_t pid;

  if (error != 0)
    return error;
  if (unshare (CLONE_NEWPID) < 0)
    return errno;
  pid = fork ();
  if (pid == 0)
    _exit (mount ("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0 ? errno : 0);
  if (pid < 0 || waitpid (pid, &status, 0) < 0)
    return errno;
  return WIFEXITED (status) ? WEXITSTATUS (status) : EIO;
}

static int
try_network (int *ret_place)
{
  int error = trial_enter_userns (ret_place);

  return error != 0 ? error : unshare (CLONE_NEWNET) < 0 ? errno : 0;
}

static int
try_overlay (int *ret_place)
{
  int error = trial_enter_userns (ret_place);

  if (error != 0)
    return error;
  if (mount ("tmpfs", "/tmp", "tmpfs", 0, NULL) < 0 || mkdir ("/tmp/l", 0755) < 0 || mkdir ("/tmp/u", 0755) < 0
      || mkdir ("/tmp/w", 0755) < 0 || mkdir ("/tmp/m", 0755) < 0
      || mount ("overlay", "/tmp/m", "overlay", 0, "userxattr,lowerdir=/tmp/l,upperdir=/tmp/u,workdir=/tmp/w") < 0)
    return errno;
  return 0;
}

static int
try_fuse (int *ret_place)
{
  int error = trial_enter_userns (ret_place);
  int fd;

  if (error != 0)
    return error;
  fd = open ("/dev/fuse", O_RDWR | O_CLOEXEC);
  return fd < 0 ? errno : close (fd);
}

static int
try_scope (int *ret_place)
{
  return prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? errno : scope_restrict ();
}

static int
try_file_rules (int *ret_place)
{
  return landlock_version () >= LANDLOCK_VERSION_FILES ? 0 : ENOSYS;
}

static int
try_filter (int *ret_place)
{
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
    return errno;
  return kernel_seccomp_load (filter_programs[0].instructions, filter_programs[0].length) < 0 ? errno : 0;
}

typedef struct
{
  const char *name;
  TrialFunction run;
  ProbeVerdict otherwise;     /* when it does not work */
  const char *advice;
} Trial;

static const Trial trials[] = {
  { "private network", try_network, PROBE_MISSING, "a kernel with network namespaces is needed (CONFIG_NET_NS)" },
  { "private /proc", try_proc, PROBE_MISSING,
    "parts of /proc are covered here, as containers do; the container must be started with a complete /proc, for example: "
    "--security-opt systempaths=unconfined" },
  { "system call filter", try_filter, PROBE_MISSING, "a kernel with seccomp filters is needed (CONFIG_SECCOMP_FILTER)" },
  { "signal scope", try_scope, PROBE_FALLBACK,
    "an app can send signals to other programs of its terminal job, as everywhere; Linux 6.12 or newer prevents it" },
  { "file rules of Landlock", try_file_rules, PROBE_FALLBACK,
    "apps run without this second wall, and what demands it (--landlock) is refused; Linux 6.2 or newer has what it needs" },
  { "process descriptors", try_pidfd, PROBE_MISSING, "a kernel of version 5.4 or newer is needed" },
  { "clone3", try_clone3, PROBE_FALLBACK, "" },
  { "openat2", try_openat2, PROBE_FALLBACK, "" },
  { "close_range", try_close_range, PROBE_FALLBACK, "" },
  { "new mount interface", try_mount_api, PROBE_FALLBACK,
    "images are unpacked instead of mounted; Linux 5.12 or newer mounts them" },
  { "FUSE", try_fuse, PROBE_FALLBACK,
    "images are unpacked instead of mounted; load the module fuse, and let /dev/fuse be open to all (mode 0666)" },
  { "overlays", try_overlay, PROBE_FALLBACK, "a build copies the trees that it would lay over each other" },
};

static void
probe_userns (ProbeResult *ret_result)
{
  ProbeResult result = { .name = "user namespaces", .verdict = PROBE_OK, .detail = "work", .advice = "" };

  if (sandbox_probe_userns (result.advice, sizeof result.advice) != 0)
    {
      result.verdict = PROBE_MISSING;
      (void) snprintf (result.detail, sizeof result.detail, "do not work; no sandbox can be made");
    }
  *ret_result = result;
}

size_t
sandbox_probe (ProbeResult *results, size_t max)
{
  size_t n = 0;

  if (max == 0)
    return 0;
  probe_userns (&results[n++]);
  for (size_t i = 0; i < sizeof trials / sizeof trials[0] && n < max; i++)
    {
      ProbeResult *result = &results[n++];
      int error = trial_run (trials[i].run, NULL);

      memset (result, 0, sizeof *result);
      result->name = trials[i].name;
      result->verdict = error == 0 ? PROBE_OK : trials[i].otherwise;
      (void) snprintf (result->detail, sizeof result->detail, "%s",
                       error == 0 ? "works" : error == ENOSYS ? "not in this kernel, or hidden by a filter" : strerror (error));
      if (error != 0)
        (void) snprintf (result->advice, sizeof result->advice, "%s", trials[i].advice);
    }
  if (n < max)
    probe_limits (&results[n++]);
  return n;
}
