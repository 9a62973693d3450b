/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From what the whole command line says to a plan that can run.
 */
#pragma once

#include "sandbox/appbox/appbox.h"

/* Before the first option. */
void appbox_begin (Appbox *box);
void appbox_complete (Appbox *box, char **command);
