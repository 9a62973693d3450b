/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Failures of a start, in words that begin as callers of bubblewrap know them.
 */
#pragma once

#include "sandbox/run.h"

void failure_die (const SandboxError *error) __attribute__ ((noreturn));
