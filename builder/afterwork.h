/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is done to the files that a module installed before they are kept: compiled Python files, strip, debug information.
 */
#pragma once

#include "builder/log.h"
#include "builder/workshop.h"

/* `source_fd`: the module's sources; `changes`: paths that it changed, while they have the times of the build.  *ret_changed: files were
 * added or written, so that the tree is to be listed again.  The tree comes out normalised. */
gboolean afterwork (const Workshop *workshop, const BuildModule *module, int source_fd, const GPtrArray *changes, BuildLog *log,
                    gboolean *ret_changed, GError **error);
