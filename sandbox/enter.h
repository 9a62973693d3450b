/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Joining a running sandbox as a whole (sandbox_plan_enter).
 *
 * The process that joins takes all namespaces and the root of another one, and is then bound again by what namespaces do not
 * hold: it drops capabilities, gets no_new_privs, the scope of Landlock and the filter of the plan.  It must not end up with
 * more than those it joins, so the parent compares first.  What waits for the command stays in our own pid namespace, unseen
 * from inside, and the kernel ends the command with it.
 */
#pragma once

#include "sandbox/run.h"

typedef struct Launch Launch;

/* Whether the process of the plan's RECORD_ENTER is in a sandbox of this user, no further away than one user namespace, and
 * held no tighter than the plan holds; 0, or -1 with a sentence. */
int enter_check (const Launch *launch, SandboxError *error);
