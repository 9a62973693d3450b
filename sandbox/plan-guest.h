/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Records that only appbox adds, because the command line that it understands has them.  The rules of plan.h
 * hold.  A plan with one of these cannot be stored.
 */
#pragma once

#include "sandbox/plan.h"
#include "sandbox/start.h"

/* What becomes of data that are given as a file. */
typedef enum
{
  SANDBOX_DATA_MOUNTED,            /* a writable mount of a file of its own */
  SANDBOX_DATA_MOUNTED_READ_ONLY,
  SANDBOX_DATA_WRITTEN,            /* an ordinary file, made or overwritten where it is */
} SandboxData;

int sandbox_plan_data (SandboxPlan *plan, const char *dest, const void *data, size_t size, mode_t mode, SandboxData what,
                       const char *origin);
/* The mode of something that exists; a symbolic link is followed inside the sandbox only. */
int sandbox_plan_chmod (SandboxPlan *plan, const char *dest, mode_t mode, const char *origin);
/* `flags`: SANDBOX_START_*; those of several records add up. */
int sandbox_plan_start (SandboxPlan *plan, unsigned flags, const char *origin);
/* What the command is told to be called. */
int sandbox_plan_argv0 (SandboxPlan *plan, const char *name, const char *origin);
