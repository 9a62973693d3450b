/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is told about the sandbox on --info-fd and --json-status-fd, and what else is done once its namespaces are there.
 */
#pragma once

#include "sandbox/appbox/appbox.h"

/* There is something to do then. */
bool status_wanted (const Appbox *box);
/* A SandboxMadeFunction; `context` is the Appbox. */
void status_made (void *context, pid_t pid);
void status_ended (const Appbox *box, int status);
