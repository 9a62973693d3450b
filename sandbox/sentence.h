/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A fault of the child, made into a sentence by the parent.
 */
#pragma once

#include "sandbox/fault.h"
#include "sandbox/run.h"

/* Fill *error with a sentence of the parent's own; returns -1. */
int error_sentence (SandboxError *error, int saved_errno, const char *format, ...) __attribute__ ((format (printf, 3, 4)));
/* Fill *ret_error. */
void fault_sentence (const Fault *fault, const SandboxPlan *plan, SandboxError *ret_error);
/* The namespace of the kind `what` (SandboxJoin) could not be joined. */
void join_sentence (int what, int saved_errno, SandboxError *ret_error);
/* The same for a clone that failed with `saved_errno`. */
void clone_sentence (int saved_errno, SandboxError *ret_error);
