/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The limits of a plan, as a launch sees them: checked before the first process is made, in force before the app is.
 */
#pragma once

#include "sandbox/run.h"
#include "sandbox/setup.h"

/* Fill limit_fds and group of the launch.  0, or -1 with an error.  limits_clear() in both cases. */
int limits_prepare (Launch *launch, SandboxError *ret_error);
void limits_clear (const Launch *launch);
/* The first process is there: wait until it is in its group (process->group), and let it go on.  A process that has failed by
 * itself is no error here; its fault waits in `fault_fd`. */
int limits_place (const Launch *launch, SandboxProcess *process, int fault_fd, SandboxError *ret_error);
/* Before the group goes: whether a limit had to do with the app's status. */
void limits_explain (const SandboxProcess *process, const SandboxPlan *plan, int status, SandboxError *error);
