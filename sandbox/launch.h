/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a plan means for the process: everything that must be computed (and allocated) before clone.
 */
#pragma once

#include "sandbox/run.h"
#include "sandbox/setup.h"

/* 0, or -1 when out of memory.  launch_clear() in both cases. */
int launch_prepare (Launch *launch, const SandboxPlan *plan);
void launch_clear (Launch *launch);
/* Why this cannot run, or NULL.  `is_told`: somebody is called when the namespaces are there. */
/* privileges.c; 0, or -1 when out of memory: `kept` and `settling` of a launch whose capabilities and securebits are known. */
int privileges_prepare (Launch *launch);
const char *launch_check (const Launch *launch, int is_told);
