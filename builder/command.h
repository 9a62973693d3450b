/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Run one command of a build to its end.
 */
#pragma once

#include "builder/log.h"
#include "builder/workshop.h"

/* Output goes to `log`.  FALSE when the sandbox could not be made, when the command ended with a status other than 0 (the message gives it,
 * the end of the output and the log's path), or with ERROR_CANCELLED on SIGINT, SIGTERM or SIGHUP, after the
 * sandbox has been killed. */
gboolean command_run (const Workshop *workshop, const WorkshopCommand *command, BuildLog *log, GError **error);
