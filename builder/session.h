/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A command of the user's in the sandbox of the build, with his terminal: a shell to find out why a module fails.
 */
#pragma once

#include "builder/log.h"
#include "builder/sources/source.h"
#include "builder/workshop.h"

/* `module`: extract its sources, configure it and begin there, with its environment (see module_configure());
 * NULL: begin at the prefix.  What the command changes in the install
 * tree is lost with the work directory.  *ret_status: its exit status. */
gboolean session_run (const Workshop *workshop, const BuildModule *module, const char *const *argv, const SourceContext *sources,
                      int work_fd, BuildLog *log, GPtrArray *notes, int *ret_status, GError **error);
