/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/plan-guest.h"

#include "sandbox/plan-build.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* linux/nsfs.h, which older headers do not have. */
#ifndef NS_GET_NSTYPE
#define NS_GET_NSTYPE _IO (0xb7, 0x3)
#endif

int
sandbox_plan_data (SandboxPlan *plan, const char *dest, const void *data, size_t size, mode_t mode, SandboxData what,
                   const char *origin)
{
  return plan_add_file (plan, RECORD_FILE_DATA + (int) what, dest, data, size, mode, origin);
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
sandbox_plan_restrict (SandboxPlan *plan, const char *dest, unsigned flags, const char *origin)
{
  Record record = RECORD_INIT (RECORD_RESTRICT);

  record.flags = flags;
  if (record_place (plan, &record, dest) < 0)
    return -1;
  if (flags == 0 || (flags & ~(unsigned) (SANDBOX_BIND_READ_ONLY | SANDBOX_BIND_NOEXEC)) != 0)
    return plan_fail (plan, &record, "a place can be made read-only, not executable, or both: “%s”", dest);
  return plan_append (plan, &record, origin);
}

int
sandbox_plan_mqueue (SandboxPlan *plan, const char *dest, const char *origin)
{
  Record record = RECORD_INIT (RECORD_MQUEUE);

  if (record_place (plan, &record, dest) < 0)
    return -1;
  return plan_append (plan, &record, origin);
}

/* Open a layer; -1 with errno. */
static int
layer_open (const char *path)
{
  return open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* The names stand in `argv`: upper and work (empty when there are none), then the lower ones. */
static int
layers_name (SandboxPlan *plan, const char *const *lower, size_t n_lower, const char *upper, const char *work)
{
  Record *record = &plan->records[plan->n_records - 1];
  char **names = calloc (n_lower + 3, sizeof *names);
  size_t n = 0;

  record->argv = names;
  if (names == NULL)
    return -1;
  names[n++] = strdup (upper != NULL ? upper : "");
  names[n] = names[0] == NULL ? NULL : strdup (work != NULL ? work : "");
  for (size_t i = 0; names[n] != NULL && i < n_lower; i++)
    names[++n] = strdup (lower[i]);
  return names[n] == NULL ? -1 : 0;
}

int
sandbox_plan_overlay_paths (SandboxPlan *plan, const char *const *lower, size_t n_lower, const char *upper,
                            const char *work, int read_only_overlay, const char *dest, const char *origin)
{
  Record none = RECORD_INIT (RECORD_OVERLAY);
  int *fds = calloc (n_lower + 1, sizeof *fds);
  int ends[2] = { -1, -1 };
  const char *failed = NULL;
  size_t n = 0;

  if (fds == NULL)
    return plan_fail (plan, &none, "out of memory while the sandbox was planned");
  for (; failed == NULL && n < n_lower; n++)
    if ((fds[n] = layer_open (lower[n])) < 0)
      failed = lower[n];
  if (failed == NULL && upper != NULL && (ends[0] = layer_open (upper)) < 0)
    failed = upper;
  if (failed == NULL && work != NULL && (ends[1] = layer_open (work)) < 0)
    failed = work;
  if (failed != NULL)
    {
      (void) plan_fail (plan, &none, "Can't find source path %s: %s (a layer of the overlay on “%s”)", failed, strerror (errno), dest);
      for (size_t i = 0; i < n; i++)
        if (fds[i] >= 0)
          (void) close (fds[i]);
      if (ends[0] >= 0)
        (void) close (ends[0]);
      free (fds);
      return -1;
    }
  n = sandbox_plan_overlay (plan, fds, n_lower, ends[0], ends[1], read_only_overlay, dest, origin) < 0;
  free (fds);
  if (n != 0)
    return -1;
  return layers_name (plan, lower, n_lower, upper, work) < 0
         ? plan_fail (plan, &none, "out of memory while the sandbox was planned") : 0;
}

int
sandbox_plan_start (SandboxPlan *plan, unsigned flags, const char *origin)
{
  Record record = RECORD_INIT (RECORD_START);

  record.flags = flags;
  if (flags >= INIT_SHARED_PIDS)
    return plan_fail (plan, &record, "unknown ways to start a command: 0x%x", flags);
  if (plan != NULL && (flags & SANDBOX_START_FOLLOW_LINKS) != 0)
    plan->has_ways = true;
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

int
sandbox_plan_seccomp (SandboxPlan *plan, const void *program, size_t size, const char *origin)
{
  Record record = RECORD_INIT (RECORD_SECCOMP);

  if (size % sizeof (struct sock_filter) != 0)
    return plan_fail (plan, &record, "Invalid seccomp data, must be multiple of %zu", sizeof (struct sock_filter));
  if (size == 0 || size > BPF_MAXINSNS * sizeof (struct sock_filter))
    return plan_fail (plan, &record, "a system call filter has 1 to %d instructions, not %zu", BPF_MAXINSNS,
                      size / sizeof (struct sock_filter));
  record.data = malloc (size);
  if (record.data == NULL)
    return plan_fail (plan, &record, "out of memory while the sandbox was planned");
  memcpy (record.data, program, size);
  record.data_size = size;
  return plan_append (plan, &record, origin);
}

int
sandbox_plan_lock (SandboxPlan *plan, const char *dest, const char *origin)
{
  Record record = RECORD_INIT (RECORD_LOCK);

  if (record_place (plan, &record, dest) < 0)
    return -1;
  return plan_append (plan, &record, origin);
}

static int
plan_add_descriptor (SandboxPlan *plan, RecordKind kind, int number, int fd, const char *purpose, const char *origin)
{
  Record record = RECORD_INIT (kind);

  record.fd = fd_raise (fd);
  record.number = number;
  if (record.fd < 0 || fcntl (record.fd, F_SETFD, FD_CLOEXEC) < 0)
    return plan_fail (plan, &record, "the descriptor %s is not open", purpose);
  return plan_append (plan, &record, origin);
}

int
sandbox_plan_hold_fd (SandboxPlan *plan, int fd, const char *origin)
{
  return plan_add_descriptor (plan, RECORD_HOLD_FD, 0, fd, "to hold while the sandbox lives", origin);
}

int
sandbox_plan_wait_fd (SandboxPlan *plan, int fd, const char *origin)
{
  return plan_add_descriptor (plan, RECORD_WAIT_FD, 0, fd, "to wait for", origin);
}

int
sandbox_plan_withhold_fd (SandboxPlan *plan, int fd)
{
  Record none = RECORD_INIT (RECORD_PASS_FD);

  if (plan == NULL || plan->n_withheld == sizeof plan->withheld_fds / sizeof plan->withheld_fds[0])
    return plan_fail (plan, &none, "more than %zu descriptors to withhold", sizeof plan->withheld_fds / sizeof plan->withheld_fds[0]);
  plan->withheld_fds[plan->n_withheld++] = fd;
  return 0;
}

void
sandbox_plan_give_passed (SandboxPlan *plan)
{
  if (plan != NULL)
    plan->gives_passed = 1;
}

void
passed_close (const SandboxPlan *plan)
{
  for (size_t i = 0; i < plan->n_records && plan->gives_passed; i++)
    if (plan->records[i].kind == RECORD_PASS_FD && plan->records[i].fd >= 0)
      {
        (void) close (plan->records[i].fd);
        plan->records[i].fd = -1;
      }
}

int
sandbox_plan_join (SandboxPlan *plan, SandboxJoin what, int fd, const char *origin)
{
  static const struct { const char *purpose, *name; int type; } kinds[] = {
    [SANDBOX_JOIN_USER] = { "of the user namespace to join", "user", CLONE_NEWUSER },
    [SANDBOX_JOIN_USER_LAST] = { "of the second user namespace to join", "user", CLONE_NEWUSER },
    [SANDBOX_JOIN_PID] = { "of the pid namespace to join", "pid", CLONE_NEWPID },
    [SANDBOX_JOIN_NET] = { "of the network namespace to join", "network", CLONE_NEWNET },
  };
  Record record = RECORD_INIT (RECORD_JOIN);
  int type;

  if ((int) what < 0 || (size_t) what >= sizeof kinds / sizeof kinds[0])
    return plan_fail (plan, &record, "%d is not a kind of namespace to join", (int) what);
  if (plan_add_descriptor (plan, RECORD_JOIN, (int) what, fd, kinds[what].purpose, origin) < 0)
    return -1;
  type = ioctl (plan->records[plan->n_records - 1].fd, NS_GET_NSTYPE);
  if (type != kinds[what].type)
    return plan_fail (plan, &record, "the descriptor %s is not one of a %s namespace", kinds[what].purpose, kinds[what].name);
  return 0;
}
