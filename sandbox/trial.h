/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Try something in a child, so that this process stays as it is.
 */
#pragma once

/* Runs in the child: no allocation, no stdio.  Returns 0 or an errno below 200; `*ret_place` (0 to 15) says which of
 * several things failed. */
typedef int (*TrialFunction) (int *ret_place);

/* The errno of `function`; *ret_place may be NULL.  When no child can be made its errno. */
int trial_run (TrialFunction function, int *ret_place);

/* For trial functions: a new user namespace with the caller mapped to itself, and a new mount namespace.  Returns 0 or
 * an errno, with a UsernsStage in *ret_place. */
int trial_enter_userns (int *ret_place);
