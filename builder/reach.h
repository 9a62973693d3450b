/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What of the host a build sandbox reaches, when build-args or test-args of the manifest ask for it.
 *
 * Everything is opened before the sandbox begins.  What this host does not have is left out, as flatpak-build(1) does, and told.
 */
#pragma once

#include "builder/manifest/build-arg.h"
#include "sandbox/plan.h"

#define BUILD_RUN_DIR "/run/user/1000"   /* XDG_RUNTIME_DIR of commands that reach something */

/* `notes`: char *, one sentence for each thing that there is not. */
void reach_add (const BuildAccess *access, SandboxPlan *plan, GPtrArray *notes);
