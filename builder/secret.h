/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Options with values of the caller (secret-opts): they are put in where the command is run, and nowhere before.
 */
#pragma once

#include "builder/plan/plan.h"

/* A copy of `argv` in which each option that is one of the module's secret_opts has the variable's value for $NAME; without the one
 * whose variable is not set.  Caller frees. */
char **secret_resolve (const BuildModule *module, char *const *argv);
