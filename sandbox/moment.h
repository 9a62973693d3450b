/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The moments of a launch, for the files that pass them; timing.h shows them.
 */
#pragma once

#include "sandbox/timing.h"

#include <stdint.h>

/* In the order in which they come; the steps of setup.c stand between MOMENT_CLONED and MOMENT_EXECUTED. */
enum
{
  MOMENT_BEGIN,
  MOMENT_PREPARED,     /* what is computed before clone */
  MOMENT_CLONED,       /* the child runs */
  MOMENT_STEPS,
  MOMENT_STEPS_MAX = MOMENT_STEPS + 40,
  MOMENT_EXECUTED = MOMENT_STEPS_MAX,     /* the app was executed, as the parent sees it */
  MOMENT_ENDED,        /* its status was read */
  MOMENT_GONE,         /* pid 1 is reaped, its namespaces are gone */
  MOMENT_N,
};

struct SandboxTiming
{
  uint64_t nanoseconds[MOMENT_N];     /* 0: not reached */
};

/* Does nothing without `timing`.  Allowed after clone. */
void moment_pass (SandboxTiming *timing, int moment);
