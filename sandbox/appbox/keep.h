/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is done with a plan other than running it.
 */
#pragma once

#include "sandbox/appbox/appbox.h"

/* Print it, store it, or both, as was asked for. */
void plan_keep (const Appbox *box);
