/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * appbox: the sandbox engine with the command line of bubblewrap.
 */
#include "sandbox/appbox/complete.h"
#include "sandbox/appbox/options.h"
#include "sandbox/appbox/status.h"
#include "sandbox/appbox/timing.h"
#include "sandbox/run.h"

#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STATUS_FAILED 1
#define STATUS_KILLED (128 + SIGKILL)

void
appbox_die (const char *format, ...)
{
  va_list args;

  fputs ("appbox: ", stderr);
  va_start (args, format);
  (void) vfprintf (stderr, format, args);
  va_end (args);
  fputc ('\n', stderr);
  exit (STATUS_FAILED);
}

/* The engine's own statuses are those of apprun; here every failure of ours is 1, and a command that was killed with its
 * sandbox ended by a signal. */
static int
plan_run (Appbox *box, const char *command)
{
  bool has_reader = box->info_fd >= 0 || box->status_fd >= 0;
  SandboxError error;
  int status = sandbox_run_told (box->plan, has_reader ? status_made : NULL, box, &error);

  timing_print (box);
  if (error.cannot_exec != 0)
    appbox_die ("execvp %s: %s; %s", command, strerror (error.saved_errno), error.message);
  if (error.message[0] != '\0' && error.saved_errno != 0)
    appbox_die ("%s", error.message);
  if (error.message[0] != '\0')
    {
      fprintf (stderr, "appbox: %s\n", error.message);
      status = STATUS_KILLED;
    }
  if (error.limit[0] != '\0')
    fprintf (stderr, "appbox: %s\n", error.limit);
  status_ended (box, status);
  return status;
}

static void
box_clear (Appbox *box)
{
  sandbox_plan_free (box->plan);
  sandbox_timing_free (box->timing);
  for (size_t i = 0; i < box->n_texts; i++)
    free (box->texts[i]);
  free (box->texts);
}

int
main (int argc, char **argv)
{
  Appbox box = { .plan = sandbox_plan_new (), .perms = -1, .info_fd = -1, .status_fd = -1,
                 .start = SANDBOX_START_SET_PWD | SANDBOX_START_MAKE_ANYWHERE };
  size_t read;
  int status;

  if (argc == 2 && (strcmp (argv[1], "--help") == 0 || strcmp (argv[1], "--version") == 0))
    {
      sandbox_plan_free (box.plan);
      if (strcmp (argv[1], "--help") == 0)
        options_print (stdout);
      else
        puts ("appbox " NACELLE_VERSION);
      return fflush (stdout) == 0 ? 0 : STATUS_FAILED;
    }
  if (argc < 2)
    {
      options_print (stderr);
      sandbox_plan_free (box.plan);
      return STATUS_FAILED;
    }
  read = 1 + options_read (&box, argv + 1, (size_t) argc - 1);
  if (box.perms >= 0 || box.size != 0)
    appbox_die ("--perms and --size must be followed by the option that they are about");
  if (read >= (size_t) argc)
    appbox_die ("No command specified");
  appbox_complete (&box, argv + read);
  status = plan_run (&box, argv[read]);
  box_clear (&box);
  return status;
}
