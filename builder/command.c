/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/command.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/interrupt.h"
#include "sandbox/run.h"

#define TAIL_LINES 40

/* Read what is there.  FALSE at the end of the pipe. */
static gboolean
drain (int fd, BuildLog *log)
{
  char buffer[65536];

  while (TRUE)
    {
      ssize_t n = read (fd, buffer, sizeof buffer);

      if (n > 0)
        build_log_add (log, buffer, (gsize) n);
      else if (n < 0 && errno == EINTR)
        continue;
      else
        return n < 0 && errno == EAGAIN;
    }
}

typedef enum
{
  COPY_ENDED,          /* by itself */
  COPY_INTERRUPTED,    /* the user interrupted */
  COPY_SDK_LOST,       /* the server of the SDK's image has died */
} CopyEnd;

/* Copy the output until pid 1 of the sandbox has ended, and with it all its processes.  On an interrupt, and when `alive_fd` (may
 * be -1) reads EOF, it is killed. */
static CopyEnd
copy_output (const SandboxProcess *process, int output_fd, int interrupt_fd, int alive_fd, BuildLog *log)
{
  struct pollfd polls[4] = {
    { .fd = process->pidfd, .events = POLLIN },
    { .fd = output_fd, .events = POLLIN },
    { .fd = interrupt_fd, .events = POLLIN },
    { .fd = alive_fd, .events = POLLIN },
  };
  CopyEnd end = COPY_ENDED;

  while (TRUE)
    {
      if (poll (polls, G_N_ELEMENTS (polls), -1) < 0)
        {
          if (errno == EINTR)
            continue;
          break;
        }
      if (polls[1].revents != 0 && !drain (output_fd, log))
        polls[1].fd = -1;
      if (polls[2].revents != 0 || polls[3].revents != 0)
        {
          end = polls[2].revents != 0 ? COPY_INTERRUPTED : COPY_SDK_LOST;
          polls[2].fd = polls[3].fd = -1;
          (void) syscall (SYS_pidfd_send_signal, process->pidfd, SIGKILL, NULL, 0); /* it may just have ended */
        }
      if (polls[0].revents != 0)
        break;
    }
  if (polls[1].fd >= 0)
    (void) drain (output_fd, log); /* what it wrote last */
  return end;
}

/* What a sandbox without network and with a read-only system makes of a recipe that was not written for one.  "": nothing that we know. */
static const char *
explain_failure (int status, const char *output)
{
  static const char *const network[] = {
    "Could not resolve host", "could not resolve host", "Temporary failure in name resolution", "Network is unreachable",
    "unable to resolve host address",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (network); i++)
    if (strstr (output, network[i]) != NULL)
      return "\na build has no network, unless its build-args ask for it: what it needs belongs to the sources of the module";
  if (strstr (output, "Read-only file system") != NULL)
    return "\na build writes to its own folder and below $FLATPAK_DEST, and everything is installed there, as with --prefix=$FLATPAK_DEST";
  if (status == 127)
    return "\na command that is not found has to come from the SDK, one of its extensions, or a module before this one";
  return "";
}

static gboolean
report_status (int status, const SandboxError *failure, const BuildLog *log, GError **error)
{
  g_autofree char *tail = build_log_tail (log, TAIL_LINES);
  g_autofree char *what = NULL;

  if (status == 0)
    return TRUE;
  if (failure->message[0] != '\0')
    what = g_strdup (failure->message);
  else if (status > 128)
    what = g_strdup_printf ("ended by signal %d (%s)", status - 128, strsignal (status - 128));
  else
    what = g_strdup_printf ("exit status %d", status);
  if (*tail == '\0')
    return error_throw (error, "%s (no output; log: %s)", what, build_log_path (log));
  return error_throw (error, "%s; the end of its output:\n%s\nthe whole log: %s%s", what, tail, build_log_path (log),
                      explain_failure (status, tail));
}

static gboolean
run_plan (const SandboxPlan *plan, int output_fd, int alive_fd, BuildLog *log, GError **error)
{
  SandboxProcess process = { .pid = -1, .pidfd = -1, .status_fd = -1 };
  SandboxError failure = { 0 };
  int interrupt_fd = interrupt_begin (error);

  if (interrupt_fd < 0)
    return FALSE;
  if (sandbox_spawn (plan, &process, &failure) < 0)
    {
      interrupt_end ();
      return error_throw (error, "%s", failure.message);
    }
  CopyEnd end = copy_output (&process, output_fd, interrupt_fd, alive_fd, log);
  int status = sandbox_wait (&process, plan, &failure);
  /* A terminal's ^C may reach the command itself as well, and end it before it is noticed here. */
  if (end == COPY_ENDED && interrupt_pending ())
    end = COPY_INTERRUPTED;
  interrupt_end ();
  if (end == COPY_INTERRUPTED)
    return error_throw_code (error, ERROR_CANCELLED, "interrupted");
  if (end == COPY_SDK_LOST)
    return error_throw (error, "the server of the SDK's image has ended, so the command was stopped; build again");
  return report_status (status, &failure, log, error);
}

gboolean
command_run (const Workshop *workshop, const WorkshopCommand *command, BuildLog *log, GError **error)
{
  int ends[2];

  if (pipe2 (ends, O_CLOEXEC) < 0)
    return error_throw_errno (error, errno, "cannot make a pipe");
  autofd output = ends[0];
  autofd input = ends[1];
  if (fcntl (output, F_SETFL, O_NONBLOCK) < 0)
    return error_throw_errno (error, errno, "cannot make a pipe");
  g_autoptr (Buses) buses = NULL;
  if (!buses_start (command->access, log, &buses, error))
    return FALSE;
  WorkshopCommand whole = *command;
  whole.buses = buses;
  SandboxPlan *plan = workshop_plan (workshop, &whole, input, error);
  if (plan == NULL)
    return FALSE;
  gboolean ok = run_plan (plan, output, workshop_alive_fd (workshop, command), log, error);
  sandbox_plan_free (plan);
  return ok;
}
