/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The handle of a running sandbox.
 */
#pragma once

#include "sandbox/run.h"

/* Kill what still runs, wait until it is gone, close the handle. */
void process_end (SandboxProcess *process);
