/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The parent's side of a plan with sandbox_plan_wait_fd().
 */
#pragma once

#include "sandbox/setup.h"

/* Wait until the sandbox has started its app, or failed, which shows on `fault_fd`: 0.  Returns 1 when one of the signals that end
 * a program, and that the caller has blocked, came first; it stays pending.  0 at once when the plan does not wait. */
int await_parent (const SandboxPlan *plan, int fault_fd, const sigset_t *blocked);
