/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The manifest's `strip`: take symbols and debug information out of what a module installed.
 */
#pragma once

#include "builder/log.h"
#include "builder/workshop.h"

/* `changes`: paths that the module changed.  The SDK's strip(1) does it, in the sandbox: the files are not ours. */
gboolean strip_module (const Workshop *workshop, const BuildModule *module, const GPtrArray *changes, BuildLog *log, GError **error);
