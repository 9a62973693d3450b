/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The manifest's `strip`: take symbols and debug information out of what a module installed.
 */
#pragma once

#include "builder/log.h"
#include "builder/workshop.h"

/* `changes`: paths that the module changed.  strip(1) does it, in a sandbox (workshop_find_tools()): the files are not ours.
 * *ret_stripped: there was something to do. */
gboolean strip_files (const Workshop *workshop, const BuildModule *module, const GPtrArray *changes, BuildLog *log, gboolean *ret_stripped,
                      GError **error);
