/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The environment of a module's commands.
 */
#pragma once

#include "builder/plan/options.h"
#include "builder/plan/plan.h"

/* The one variable that may differ between two builds of the same thing. */
#define ENVIRONMENT_JOBS "FLATPAK_BUILDER_N_JOBS"

/* Array of ManifestVariable, caller unrefs. */
GPtrArray *environment_new (const BuildPlan *plan, const BuildModule *module, const OptionLayers *layers);
