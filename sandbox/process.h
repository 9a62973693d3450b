/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The handle of a running sandbox.
 */
#pragma once

#include "sandbox/run.h"

/* Kill what still runs, wait until it is gone, close the handle. */
void process_end (SandboxProcess *process);

/* The app's status has been read, so nothing runs in there any more but pid 1, which ends: close the handle and do not wait
 * until the kernel has taken the namespaces down, which takes it longer than some apps. */
void process_leave (SandboxProcess *process);
