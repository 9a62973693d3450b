/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * --timing: what each step of the launch took, on standard error.
 */
#pragma once

#include "sandbox/appbox/appbox.h"

/* Nothing without --timing.  After the run. */
void timing_print (const Appbox *box);
