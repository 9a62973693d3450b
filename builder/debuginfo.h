/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Move the debug information of what a module installed to lib/debug, and the sources that it names to lib/debug/source.
 *
 * The layout is flatpak-builder's: PREFIX/bin/tool has it in lib/debug/bin/tool.debug (of a runtime: lib/debug/usr/bin/tool.debug),
 * and the source /run/build/NAME/main.c is lib/debug/source/NAME/main.c, where it is found when lib/debug/source is shown as
 * /run/build.
 */
#pragma once

#include "builder/log.h"
#include "builder/workshop.h"

#define DEBUG_FOLDER "lib/debug"

/* `source_fd`: the module's sources, where the compiler saw them; `changes`: paths that the module changed.  *ret_split: something was
 * done.  elfutils and debugedit do it, in a sandbox (workshop_find_tools()); sources are copied by descriptor. */
gboolean debuginfo_split (const Workshop *workshop, const BuildModule *module, int source_fd, const GPtrArray *changes, BuildLog *log,
                          gboolean *ret_split, GError **error);
