/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where the time of a launch goes, step by step, for whoever makes launches faster.
 *
 * A plan that is given a SandboxTiming (before it runs, and for one run) writes a moment behind each step of the launch.  The
 * moments lie in memory that parent and sandbox share until the sandbox becomes its init.
 */
#pragma once

#include "sandbox/plan.h"

typedef struct SandboxTiming SandboxTiming;

typedef struct
{
  const char *name;       /* what was done, completes "to …"; static */
  double microseconds;    /* since the row before it */
} SandboxTimingRow;

/* NULL with errno when there is no memory.  Must outlive the run. */
SandboxTiming *sandbox_timing_new (void);
void sandbox_timing_free (SandboxTiming *timing);

/* `timing` is not owned by the plan; NULL (as at first): nothing is measured. */
void sandbox_plan_time (SandboxPlan *plan, SandboxTiming *timing);

/* After the run: fills at most `n` rows and returns how many there are. */
size_t sandbox_timing_rows (const SandboxTiming *timing, SandboxTimingRow *rows, size_t n);
