/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * apprun, where it can be a small program: runs a launch that was kept, else executes nacelle-run, which knows everything.
 */
#include "runner/front/again.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#define STATUS_OURS 125

extern char **environ;

/* As base/verb.c says it; nothing that the caller says is listened to, not even which program to execute. */
static bool
refuses_privileges (void)
{
  if (getauxval (AT_SECURE) == 0)
    return false;
  (void) fputs ("apprun: refusing to run with more privileges than its caller (setuid, setgid or file capabilities); "
                "apprun needs none\n", stderr);
  return true;
}

static bool
has_standard_streams (void)
{
  for (int fd = 0; fd <= 2; fd++)
    if (fcntl (fd, F_GETFD) < 0)
      return false;
  return true;
}

int
main (int argc, char **argv)
{
  char *planner;
  int status;

  if (refuses_privileges ())
    return STATUS_OURS;
  if (argc > 1 && has_standard_streams () && front_run_again (argc, argv, environ, &status))
    return status;
  planner = front_planner ();
  if (planner != NULL)
    (void) execv (planner, argv);
  (void) fprintf (stderr, "apprun: cannot execute Nacelle's own program '%s' (is the installation complete?): %s\n",
                  planner != NULL ? planner : "nacelle-run", strerror (errno));
  return STATUS_OURS;
}
