/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the processes of a sandbox are like to the scheduler and to the kernel's other choices, beside limits (limit.h).  All of
 * it is inherited by what the command starts:
 *
 *   nice            -20 to 19; less than the caller's needs a right to it
 *   cpus            0,2-5: the processors to run on, of those that the caller may use.  The command may choose anew
 *   io              idle, best-effort:LEVEL or realtime:LEVEL (0 to 7; realtime needs a right): see ioprio_set(2)
 *   oom-score       -1000 to 1000: who is killed first when memory ends; less than the caller's needs a right to it
 *   umask           octal
 *   huge-pages      never: no transparent huge pages
 *   personality     linux32 (uname says a 32-bit machine) or no-randomize (addresses are the same each time); both add up
 *   groups          none: the caller's supplementary groups are left.  Needs a map of groups (plan-namespace.h), by which
 *                   setgroups(2) is allowed
 *   core            own: a processor core is shared with nothing else at the same time (Linux 5.14, with SMT)
 */
#pragma once

#include "sandbox/plan.h"

/* The last record of a name counts.  What cannot be had is a failure of the start. */
int sandbox_plan_attribute (SandboxPlan *plan, const char *name, const char *value, const char *origin);
