/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The records of limits, for the files of this folder.
 */
#pragma once

#include "sandbox/record.h"

#include <stdbool.h>

/* In `flags` of a RECORD_LIMIT; dest and source are the name and the value as they were given, size and hard the numbers, and
 * number is RLIMIT_* or -1. */
enum { LIMIT_OPTIONAL = 1 << 0, LIMIT_NONE = 1 << 1 };

/* The next limit at or after record *i that counts (the last one of its name), of the control group or of the process;
 * *i moves behind it.  NULL at the end. */
const Record *limit_next (const SandboxPlan *plan, bool of_group, size_t *i);
bool limit_is_wanted (const SandboxPlan *plan, bool of_group);
