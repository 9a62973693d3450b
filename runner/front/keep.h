/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The planner's side: leave a launch for the front (front.h).
 */
#pragma once

#include "runner/options.h"
#include "runner/prepare.h"

/* At the very beginning, before anything is read or changed: from now on notes are taken. */
void keep_begin (int argc, char *const *argv);

/* Keep it if that is possible.  Nothing depends on it, so there is no error. */
void keep_launch (const Prepared *prepared, const RunOptions *options);
