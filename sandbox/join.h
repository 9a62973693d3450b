/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first process of a sandbox that joins namespaces which are there already.
 */
#pragma once

#include "sandbox/setup.h"

/* As kernel_clone() with the namespaces of the launch.  On failure *ret_what is the SandboxJoin that failed with errno, or -1
 * when it was something else. */
pid_t join_clone (const Launch *launch, int *ret_pidfd, int *ret_what);
