/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "runner/front/front.h"

/* Run a launch that was kept, if there is one and everything is as it was.  Returns true with the status for our caller when the app
 * has run; false: nothing has happened, and it is for the planner to run it or to say why that cannot be. */
bool front_run_again (int argc, char *const *argv, char *const *env, int *ret_status);
