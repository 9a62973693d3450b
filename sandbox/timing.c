/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/moment.h"
#include "sandbox/record.h"
#include "sandbox/steps.h"

#include <sys/mman.h>
#include <time.h>

SandboxTiming *
sandbox_timing_new (void)
{
  void *memory = mmap (NULL, sizeof (SandboxTiming), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

  return memory == MAP_FAILED ? NULL : memory;
}

void
sandbox_timing_free (SandboxTiming *timing)
{
  if (timing != NULL)
    (void) munmap (timing, sizeof *timing);
}

void
sandbox_plan_time (SandboxPlan *plan, SandboxTiming *timing)
{
  if (plan != NULL)
    plan->timing = timing;
}

void
moment_pass (SandboxTiming *timing, int moment)
{
  struct timespec now;

  if (timing != NULL && clock_gettime (CLOCK_MONOTONIC, &now) == 0)
    timing->nanoseconds[moment] = (uint64_t) now.tv_sec * 1000000000u + (uint64_t) now.tv_nsec;
}

static const char *
moment_name (int moment)
{
  switch (moment)
    {
    case MOMENT_PREPARED:
      return "compute what the plan means";
    case MOMENT_CLONED:
      return "make the namespaces and the first process";
    case MOMENT_EXECUTED:
      return "start init and execute the app";
    case MOMENT_ENDED:
      return "run the app";
    case MOMENT_GONE:
      return "take the sandbox down";
    default:
      return setup_steps[moment - MOMENT_STEPS].name;
    }
}

size_t
sandbox_timing_rows (const SandboxTiming *timing, SandboxTimingRow *rows, size_t n)
{
  uint64_t before = timing->nanoseconds[MOMENT_BEGIN];
  size_t n_rows = 0;

  for (int moment = MOMENT_PREPARED; moment < MOMENT_N; moment++)
    {
      uint64_t now = timing->nanoseconds[moment];

      if (now == 0)
        continue;
      if (n_rows < n)
        rows[n_rows] = (SandboxTimingRow) { moment_name (moment), (double) (now - before) / 1000 };
      n_rows++;
      before = now;
    }
  return n_rows;
}
