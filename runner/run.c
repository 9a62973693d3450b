/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/terminal.h"
#include "runner/front/keep.h"
#include "runner/prepare.h"
#include "runner/verbs.h"
#include "sandbox/probe.h"
#include "sandbox/run.h"

static void
print_safely (const char *before, const char *text)
{
  g_autofree char *safe = terminal_escape (text, FALSE);
  (void) fprintf (stderr, "apprun: %s%s\n", before, safe);
}

static void
print_verbose (const Prepared *prepared)
{
  if (prepared->app != NULL)
    print_safely ("app: ", prepared->app->name);
  print_safely ("runtime: ", prepared->runtime->name);
  for (guint i = 0; i < prepared->notes->len; i++)
    print_safely ("", prepared->notes->pdata[i]);
}

static void
print_times (const Prepared *prepared)
{
  for (guint i = 0; i < prepared->n_times; i++)
    (void) fprintf (stderr, "apprun: %-16s %8.3f ms\n", prepared->times[i].phase,
                    (double) prepared->times[i].microseconds / 1000.0);
}

/* A shell says so of its own children, and to it apprun has only ended. */
static void
print_signal (int status)
{
  if (status > 128 && status - 128 < NSIG && strsignal (status - 128) != NULL)
    (void) fprintf (stderr, "apprun: the app has ended with status %d, as after signal %d (%s)\n", status, status - 128,
                    strsignal (status - 128));
}

/* The engine says which system call failed; when the reason is that this machine forbids user namespaces, say that. */
static gboolean
throw_failure (const SandboxError *failure, GError **error)
{
  char reason[SANDBOX_MESSAGE_MAX];

  if (failure->cannot_exec == 0 && sandbox_probe_userns (reason, sizeof reason) != 0)
    return error_throw_code (error, ERROR_UNAVAILABLE, "%s", reason);
  return error_throw (error, "%s", failure->message);
}

int
verb_run (int argc, char **argv, GError **error)
{
  g_auto (RunOptions) options = RUN_OPTIONS_INIT;
  SandboxError failure = { 0 };
  gboolean done = FALSE;

  if (!run_options_parse (apprun_verb ("run"), argc, argv, &options, &done, error))
    return -1;
  if (done)
    return 0;
  g_autoptr (Prepared) prepared = run_prepare (&options, error);
  if (prepared == NULL)
    return -1;
  keep_launch (prepared, &options);
  if (options.verbose)
    print_verbose (prepared);
  if (options.timing || options.verbose)
    print_times (prepared);

  signal (SIGPIPE, SIG_DFL); /* ours was for our own output; the app starts with what a shell would give it */
  gint64 start = g_get_monotonic_time ();
  int status = sandbox_run (prepared->plan, &failure);
  if (options.timing)
    (void) fprintf (stderr, "apprun: %-16s %8.3f ms\napprun: %-16s %8.3f ms\n", "sandbox and app",
                    (double) (g_get_monotonic_time () - start) / 1000.0, "in all", (double) run_elapsed () / 1000.0);
  if (options.verbose && failure.message[0] == '\0')
    print_signal (status);
  if (failure.limit[0] != '\0')
    print_safely ("", failure.limit);
  if (failure.message[0] == '\0')
    return status;
  if (failure.cannot_exec == 0)
    return throw_failure (&failure, error) ? status : -1;
  print_safely ("", failure.message);
  return status;
}
