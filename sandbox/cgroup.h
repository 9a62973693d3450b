/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The control group (cgroups(7), version 2) of a running sandbox.  It has one of its own when its plan has a limit of a
 * control group; “pids=unlimited” is enough for that, and needs no controller.
 *
 * Each function returns 0, or -1 with a sentence.
 */
#pragma once

#include "sandbox/run.h"

/* Stop every process of the sandbox at once, which none of them can notice or resist; returns when all stand still. */
int sandbox_freeze (const SandboxProcess *process, SandboxError *ret_error);
int sandbox_thaw (const SandboxProcess *process, SandboxError *ret_error);
/* Kill every process of the sandbox, frozen or not, also those that were just being made; returns when none is left.
 * sandbox_wait() then reports the loss. */
int sandbox_kill (const SandboxProcess *process, SandboxError *ret_error);
