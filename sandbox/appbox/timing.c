/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/appbox/timing.h"

#include "sandbox/appbox/options.h"

#include <errno.h>
#include <string.h>

#define ROWS_MAX 64

void
option_timing (Appbox *box, char **values)
{
  (void) values;
  if (box->timing == NULL)
    box->timing = sandbox_timing_new ();
  if (box->timing == NULL)
    appbox_die ("--timing: %s", strerror (errno));
  sandbox_plan_time (box->plan, box->timing);
}

void
timing_print (const Appbox *box)
{
  SandboxTimingRow rows[ROWS_MAX];
  size_t n = box->timing != NULL ? sandbox_timing_rows (box->timing, rows, ROWS_MAX) : 0;
  double total = 0;

  for (size_t i = 0; i < n && i < ROWS_MAX; i++)
    {
      fprintf (stderr, "%10.1f us  %s\n", rows[i].microseconds, rows[i].name);
      total += rows[i].microseconds;
    }
  if (n > 0)
    fprintf (stderr, "%10.1f us  in all\n", total);
}
