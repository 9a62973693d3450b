/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The second build of `appbuild verify` takes place on another machine on another day, as far as that can be had: the sandbox gives every
 * build the same names, ids, paths and environment, and what it cannot give is another one here.  Truly other: the number of
 * processors and the numbers of processes.  By a library in the programs (preload.c): time, kernel and the order of files.
 */
#pragma once

#include <glib.h>

#include "sandbox/plan.h"

/* Keep this process and its children off one of the processors, when there are two or more. */
void vary_processors (void);

/* Have the library loaded in the sandbox: for everything in it, or (`by_variable`: its /etc is not ours) for what gets our environment. */
gboolean vary_add_library (SandboxPlan *plan, gboolean by_variable, GError **error);

/* The same command with other process numbers.  Caller frees the array, not its members, of which some are those of `argv`. */
const char **vary_command (const char *const *argv);
