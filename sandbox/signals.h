/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Signals of the one who waits for a sandbox, passed on to it.
 *
 * A terminal sends its signals to the whole job, so an app of the same session has those already, and whether the job stops is for
 * the app to decide.  An app in a session of its own has not: its process group gets them from us, unless it has a terminal of its
 * own, too, which sends them.
 *
 * An app that is pid 1 itself gets from the kernel only what it catches.  What would end or stop any other process ends or
 * stops it through us.
 */
#pragma once

#include "sandbox/run.h"

#include <stdbool.h>

/* Those that are passed on; ended by 0. */
extern const int signals_passed[];

/* Read one from `signal_fd` and pass it on.  `is_direct`: the app is pid 1; `has_terminal`: of its own.  Returns the signal for
 * which the app was killed, or 0. */
int signals_pass (int signal_fd, const SandboxProcess *process, bool is_direct, bool has_terminal);
/* Stop this process as if nobody had caught the stop; the kernel decides whether there is a shell that could wake us. */
void signals_stop_self (void);
