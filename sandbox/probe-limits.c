/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which limits of a control group can be had here: tried with a process that waits to be ended.
 */
#include "sandbox/probe-limits.h"

#include "sandbox/cgroup-way.h"
#include "sandbox/kernel.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define ORIGIN "doctor"

typedef struct { const char *name, *value; } Wish;

static const Wish wishes[] = { { "memory", "64G" }, { "pids", "100000" }, { "cpus", "100%" } };

static pid_t
waiter_start (void)
{
  int pidfd = -1;
  pid_t pid = kernel_clone (0, &pidfd);

  if (pid == 0)
    {
      (void) prctl (PR_SET_PDEATHSIG, SIGKILL);
      for (;;)
        (void) pause ();
    }
  if (pidfd >= 0)
    (void) close (pidfd);
  return pid;
}

/* Every limit, up to the first `n`, in a group of its own; the name of the way, or NULL with the reason. */
static const char *
limits_try (size_t n, SandboxError *error)
{
  SandboxPlan *plan = sandbox_plan_new ();
  const char *way = NULL;
  Cgroup *group = NULL;
  pid_t pid = -1;

  for (size_t i = 0; plan != NULL && i < n; i++)
    (void) sandbox_plan_limit (plan, wishes[i].name, wishes[i].value, ORIGIN);
  if (plan == NULL || sandbox_plan_failed (plan) != NULL)
    (void) snprintf (error->message, sizeof error->message, "out of memory");
  else if (cgroup_begin (plan, &group, error) == 0 && group != NULL)
    {
      way = group->way->name;
      /* A directory's limits are read back before there is a process. */
      pid = group->way == &cgroup_way_systemd ? waiter_start () : -1;
      if (pid > 0 && cgroup_place (plan, &group, pid, error) < 0)
        way = NULL;
    }
  if (pid > 0)
    {
      (void) kill (pid, SIGKILL);
      while (waitpid (pid, NULL, __WALL) < 0 && errno == EINTR)
        ;
    }
  cgroup_end (group);
  sandbox_plan_free (plan);
  return way;
}

/* Without the words about who wanted what, and about what can be marked optional. */
static const char *
reason_only (char *message)
{
  static const char before[] = "(wanted by: " ORIGIN "): ";
  char *start = strstr (message, before);
  char *end = strstr (message, "; a limit marked");

  if (end != NULL)
    *end = '\0';
  return start != NULL ? start + strlen (before) : message;
}

void
probe_limits (ProbeResult *ret_result)
{
  SandboxError error = { 0 };
  SandboxError cpu_error = { 0 };
  const char *way = limits_try (3, &cpu_error);

  *ret_result = (ProbeResult) { .name = "limits of resources", .verdict = PROBE_OK };
  if (way != NULL)
    {
      (void) snprintf (ret_result->detail, sizeof ret_result->detail, "memory, processes and processors, by %s", way);
      return;
    }
  ret_result->verdict = PROBE_FALLBACK;
  way = limits_try (2, &error);
  if (way != NULL)
    {
      (void) snprintf (ret_result->detail, sizeof ret_result->detail, "memory and processes, by %s; not processors", way);
      (void) snprintf (ret_result->advice, sizeof ret_result->advice, "%.400s", reason_only (cpu_error.message));
      return;
    }
  (void) snprintf (ret_result->detail, sizeof ret_result->detail, "none of memory, processes and processors");
  (void) snprintf (ret_result->advice, sizeof ret_result->advice,
                   "an app with such a limit does not start, unless it is optional; log in to a session of systemd, or let an "
                   "administrator give this user a control group (%.300s)", reason_only (error.message));
}
