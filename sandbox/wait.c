/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Waiting for a sandbox: for its status, for pid 1 to be gone, for a descriptor whose loss ends it, and
 * for signals to pass on.
 */
#include "sandbox/run.h"

#include "sandbox/beside.h"
#include "sandbox/fault.h"
#include "sandbox/kernel.h"
#include "sandbox/limit-launch.h"
#include "sandbox/moment.h"
#include "sandbox/plan-build.h"
#include "sandbox/plan-limit.h"
#include "sandbox/process.h"
#include "sandbox/plan-guest.h"
#include "sandbox/record.h"
#include "sandbox/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define STATUS_LOST 125

/* What poll() looks at: 0 the status (or, where the app is pid 1, the process), 1 the signals, then one a die_with_fd. */
typedef struct
{
  struct pollfd *polls;
  const Record **records;     /* for polls[2...] */
  size_t n;
  bool is_direct;             /* nobody reports: the app is pid 1 */
  bool has_terminal;          /* of its own */
  int killed_for;             /* a signal that would have ended such an app, were it not pid 1; or 0 */
} Watch;

static int
watch_make (Watch *watch, const SandboxPlan *plan, const SandboxProcess *process, int signal_fd)
{
  size_t n = 3;

  for (size_t i = 0; i < plan->n_records; i++)
    n += plan->records[i].kind == RECORD_DIE_WITH_FD;
  watch->polls = calloc (n, sizeof *watch->polls);
  watch->records = calloc (n, sizeof *watch->records);
  if (watch->polls == NULL || watch->records == NULL)
    return -1;
  watch->is_direct = (record_flags (plan, RECORD_START) & SANDBOX_START_AS_PID_1) != 0;
  watch->has_terminal = record_last (plan, RECORD_TERMINAL) != NULL;
  watch->polls[0] = (struct pollfd) { .fd = watch->is_direct ? process->pidfd : process->status_fd, .events = POLLIN };
  watch->polls[1] = (struct pollfd) { .fd = signal_fd, .events = POLLIN };
  watch->n = 2;
  if (beside_watched (process->beside) >= 0)
    {
      watch->records[watch->n] = record_last (plan, RECORD_OUTGOING);
      watch->polls[watch->n++] = (struct pollfd) { .fd = beside_watched (process->beside), .events = POLLIN };
    }
  for (size_t i = 0; i < plan->n_records; i++)
    if (plan->records[i].kind == RECORD_DIE_WITH_FD)
      {
        watch->records[watch->n] = &plan->records[i];
        watch->polls[watch->n++] = (struct pollfd) { .fd = plan->records[i].fd, .events = POLLIN };
      }
  return 0;
}

static void
watch_clear (Watch *watch)
{
  free (watch->polls);
  free (watch->records);
}

/* Whatever the other side says is not for us; only its end counts. */
static int
is_at_end (const struct pollfd *state)
{
  char bytes[4096];
  ssize_t n;

  if ((state->revents & POLLIN) == 0)
    return (state->revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
  n = read (state->fd, bytes, sizeof bytes);
  return n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN);
}

/* A stop that reached us as well (from a kill of the whole process group) is over when we read of it: then the signal that
 * woke us is still pending, or the report of the app's going on is on its way. */
static int
is_over (int status_fd)
{
  struct pollfd more = { .fd = status_fd, .events = POLLIN };
  sigset_t pending;

  if (sigpending (&pending) == 0 && sigismember (&pending, SIGCONT) == 1)
    return 1;
  return poll (&more, 1, 20) == 1;
}

/* Returns 1 and fills *ret_report, or 0 when pid 1 is gone. */
static int
report_read (int status_fd, AppReport *ret_report)
{
  ssize_t n;

  do
    n = read (status_fd, ret_report, sizeof *ret_report);
  while (n < 0 && errno == EINTR);
  return n == (ssize_t) sizeof *ret_report;
}

/* Returns 1 when the sandbox has ended, with the status in *ret_status.  `follow`: stop when the app stops. */
static int
report_handle (const SandboxProcess *process, int follow, int *ret_status, SandboxError *error)
{
  int status_fd = process->status_fd;
  struct pollfd more = { .fd = status_fd, .events = POLLIN };
  AppReport report;
  int is_stopped = 0;

  /* Only the newest state counts: what has been continued in the meantime must not stop us. */
  do
    {
      if (!report_read (status_fd, &report))
        {
          (void) snprintf (error->message, sizeof error->message,
                           "the sandbox was lost: its first process was killed, and with it everything inside");
          *ret_status = STATUS_LOST;
          return 1;
        }
      *ret_status = report.status;
      is_stopped = report.event == APP_STOPPED;
    }
  while (report.event != APP_ENDED && poll (&more, 1, 0) == 1);
  if (is_stopped && follow && !is_over (status_fd))
    {
      beside_pause (process->beside);
      signals_stop_self ();
      beside_resume (process->beside);
    }
  return report.event == APP_ENDED;
}

/* The end of an app that is pid 1 itself. */
static int
status_collect (const SandboxProcess *process, const Watch *watch, SandboxError *error)
{
  int status;
  pid_t pid;

  do
    pid = waitpid (process->pid, &status, __WALL);
  while (pid < 0 && errno == EINTR);
  if (pid == process->pid && WIFSIGNALED (status) && watch->killed_for != 0)
    return 128 + watch->killed_for;
  if (pid == process->pid)
    return WIFSIGNALED (status) ? 128 + WTERMSIG (status) : WEXITSTATUS (status);
  (void) snprintf (error->message, sizeof error->message,
                   "the app has ended, but how is not known: SIGCHLD is ignored in this process");
  return STATUS_LOST;
}

static int
process_watch (SandboxProcess *process, Watch *watch, SandboxError *error)
{
  int status = STATUS_LOST;

  for (;;)
    {
      if (poll (watch->polls, watch->n, -1) < 0)
        {
          if (errno == EINTR)
            continue;
          (void) snprintf (error->message, sizeof error->message, "cannot wait for the sandbox: %s", strerror (errno));
          return STATUS_LOST;
        }
      if (watch->polls[0].revents != 0 && watch->is_direct)
        return status_collect (process, watch, error);
      if (watch->polls[0].revents != 0 && report_handle (process, watch->polls[1].fd >= 0, &status, error))
        return status;
      if ((watch->polls[1].revents & POLLIN) != 0)
        {
          int killed_for = signals_pass (watch->polls[1].fd, process, watch->is_direct, watch->has_terminal);

          if (killed_for != 0)
            watch->killed_for = killed_for;
        }
      for (size_t i = 2; i < watch->n; i++)
        if (is_at_end (&watch->polls[i]))
          {
            (void) snprintf (error->message, sizeof error->message,
                             "the sandbox was ended because something that it depends on is gone: %s",
                             watch->records[i]->kind == RECORD_OUTGOING ? "pasta, which is its network" : watch->records[i]->source);
            return STATUS_LOST;
          }
    }
}

static int
process_wait (SandboxProcess *process, const SandboxPlan *plan, int signal_fd, int leave, SandboxError *ret_error)
{
  Watch watch = { .n = 0 };
  SandboxError error = { .message = "" };
  int status = STATUS_LOST;

  if (watch_make (&watch, plan, process, signal_fd) == 0)
    status = process_watch (process, &watch, &error);
  else
    (void) snprintf (error.message, sizeof error.message, "cannot wait for the sandbox: out of memory");
  moment_pass (plan->timing, MOMENT_ENDED);
  watch_clear (&watch);
  limits_explain (process, plan, status, &error);
  /* Without a message the app has ended, and we know how; a control group is ours to remove. */
  if (leave && error.message[0] == '\0' && !limit_is_wanted (plan, true))
    process_leave (process);
  else
    process_end (process);
  moment_pass (plan->timing, MOMENT_GONE);
  *ret_error = error;
  return status;
}

int
sandbox_wait (SandboxProcess *process, const SandboxPlan *plan, SandboxError *ret_error)
{
  return process_wait (process, plan, -1, 0, ret_error);
}

/* A signal that the caller ignores (nohup) is not passed on either. */
static void
signals_choose (sigset_t *ret_set)
{
  (void) sigemptyset (ret_set);
  for (size_t i = 0; signals_passed[i] != 0; i++)
    {
      struct sigaction action;

      if (sigaction (signals_passed[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
        (void) sigaddset (ret_set, signals_passed[i]);
    }
}

/* What came too late to be passed on ends here, and does not hit the caller when its mask is restored: a terminal's ^C that
 * has ended the app must not end us before we can say how it ended. */
static void
signals_discard (int signal_fd)
{
  struct pollfd more = { .fd = signal_fd, .events = POLLIN };
  struct signalfd_siginfo info;

  while (poll (&more, 1, 0) == 1 && read (signal_fd, &info, sizeof info) > 0)
    ;
}

int
sandbox_run_told (const SandboxPlan *plan, SandboxMadeFunction made, void *context, SandboxError *ret_error)
{
  SandboxProcess process;
  SandboxError error;
  sigset_t set;
  sigset_t before;
  int signal_fd;
  int status;

  signals_choose (&set);
  (void) sigprocmask (SIG_BLOCK, &set, &before);
  signal_fd = fd_raise (signalfd (-1, &set, SFD_CLOEXEC));   /* the app would inherit 0, 1 and 2 */
  memset (&error, 0, sizeof error);
  if (signal_fd < 0)
    {
      error.saved_errno = errno;
      (void) snprintf (error.message, sizeof error.message, "cannot receive signals: %s", strerror (errno));
      status = STATUS_LOST;
    }
  else if (sandbox_spawn_told (plan, made, context, &process, &error) < 0)
    status = error.cannot_exec != 0 ? error.cannot_exec : STATUS_LOST;
  else
    status = process_wait (&process, plan, signal_fd, 1, &error);
  if (signal_fd >= 0)
    {
      signals_discard (signal_fd);
      (void) close (signal_fd);
    }
  (void) sigprocmask (SIG_SETMASK, &before, NULL);
  *ret_error = error;
  return status;
}

int
sandbox_run (const SandboxPlan *plan, SandboxError *ret_error)
{
  return sandbox_run_told (plan, NULL, NULL, ret_error);
}
