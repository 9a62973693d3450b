/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Build one module: extract its sources, run its commands.
 */
#pragma once

#include "builder/log.h"
#include "builder/sources/source.h"
#include "builder/workshop.h"

/* The result is in the workshop's install tree.  `work_fd`: the build's work directory, where the sources go.  Returns their directory,
 * which stays until module_remove_sources(), or -1; an error names the module, the step and its command. */
int module_build (const Workshop *workshop, const BuildModule *module, const SourceContext *sources, int work_fd,
                  BuildLog *log, GError **error);
gboolean module_remove_sources (int work_fd, GError **error);
/* Put the sources' folder into `keep_fd` as `name`, instead of what is there. */
gboolean module_keep_sources (int work_fd, int keep_fd, const char *name, GError **error);

/* Only extract the sources; returns their directory, which stays in `work_fd`, or -1. */
int module_prepare (const Workshop *workshop, const BuildModule *module, const SourceContext *sources, int work_fd, BuildLog *log,
                    GError **error);

/* For somebody who goes on by hand: run what comes before building.  *ret_cwd (owned): where building would go on, or where the step ran
 * that failed, which is a text in `notes` and no error. */
gboolean module_configure (const Workshop *workshop, const BuildModule *module, const SourceContext *sources, int source_fd, BuildLog *log,
                           GPtrArray *notes, char **ret_cwd, GError **error);
