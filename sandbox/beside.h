/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the parent has to do beside a sandbox: before clone, while the child waits, while it runs, and at the end.  A plan that
 * wants none of it has a NULL here, which every function accepts.
 */
#pragma once

#include "sandbox/fault.h"
#include "sandbox/run.h"

typedef struct Launch Launch;
typedef struct Beside Beside;

/* Look for programs and make terminals; sets launch->is_held when the child has to wait for beside_made().  On failure
 * nothing is left. */
int beside_prepare (Launch *launch, Beside **ret_beside, SandboxError *error);
/* The child `pid` is there and waits. */
int beside_made (Beside *beside, Launch *launch, pid_t pid, SandboxError *error);
/* Add to the sentence about a failed set-up what only a program beside it knows. */
void beside_explain (const Beside *beside, const Fault *fault, SandboxError *error);
/* A descriptor whose end ends the sandbox, or -1. */
int beside_watched (const Beside *beside);
/* The caller stops, and goes on. */
void beside_pause (const Beside *beside);
void beside_resume (const Beside *beside);
/* Ends and frees it. */
void beside_end (Beside *beside);
