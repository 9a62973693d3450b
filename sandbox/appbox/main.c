/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * appbox: the sandbox engine with the command line of bubblewrap.
 */
#include "sandbox/appbox/complete.h"
#include "sandbox/appbox/failure.h"
#include "sandbox/appbox/keep.h"
#include "sandbox/appbox/options.h"
#include "sandbox/appbox/status.h"
#include "sandbox/appbox/timing.h"
#include "sandbox/run.h"

#include <signal.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STATUS_FAILED 1
#define STATUS_KILLED (128 + SIGKILL)

/* The engine's own statuses are those of apprun; here every failure of ours is 1, and a command that was killed with its
 * sandbox ended by a signal. */
static int
plan_run (Appbox *box, const char *command)
{
  SandboxError error;
  int status = sandbox_run_told (box->plan, status_wanted (box) ? status_made : NULL, box, &error);

  timing_print (box);
  if (error.cannot_exec != 0)
    appbox_die ("execvp %s: %s; %s", command, strerror (error.saved_errno), error.message);
  if (error.message[0] != '\0' && error.saved_errno != 0)
    failure_die (&error);
  if (error.message[0] != '\0')
    {
      appbox_warn ("%s", error.message);
      status = STATUS_KILLED;
    }
  if (error.limit[0] != '\0')
    fprintf (stderr, "%s: %s\n", appbox_name (), error.limit);
  status_ended (box, status);
  return status;
}

/* What it owns ends with the process.  Giving that back piece by piece would only keep the caller waiting. */
static Appbox box = { .perms = -1, .info_fd = -1, .status_fd = -1, .userns_fd = -1, .userns2_fd = -1,
                      .pidns_fd = -1, .sync_fd = -1, .block_fd = -1, .userns_block_fd = -1 };

int
main (int argc, char **argv)
{
  size_t read;
  int status;

  box.parent = getppid ();
  if (argc < 2)
    {
      options_print (stderr);
      return STATUS_FAILED;
    }
  box.plan = sandbox_plan_new ();
  appbox_begin (&box);
  read = 1 + options_read (&box, argv + 1, (size_t) argc - 1);
  options_next (&box, 0);
  if (read >= (size_t) argc && !box.has_plan && box.plan_out == NULL && box.explain == APPBOX_RUN)
    appbox_die ("No command specified");
  appbox_complete (&box, argv + read);
  if (box.plan_out != NULL || box.explain != APPBOX_RUN)
    {
      plan_keep (&box);
      status = output_end ();
    }
  else
    status = plan_run (&box, read < (size_t) argc ? argv[read] : "the command of the plan");
  return status;
}
