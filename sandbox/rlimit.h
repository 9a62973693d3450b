/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Limits of the process: setrlimit(2).  They are checked before the sandbox is made and set in the last steps, when nothing of
 * ours is left that they could disturb.
 */
#pragma once

#include "sandbox/run.h"

/* Returns 0, or -1 with a sentence about a limit that is above what this process may have. */
int rlimits_check (const SandboxPlan *plan, SandboxError *ret_error);

/* When the app's status says that a limit has ended it, a sentence about that; otherwise the message is left alone. */
void rlimits_explain (const SandboxPlan *plan, int status, char *message, size_t size);
