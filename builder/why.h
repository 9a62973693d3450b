/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Why a module would be built again.
 */
#pragma once

#include "builder/plan/plan.h"
#include "builder/sources/source.h"

/* What is different from the last build in the state directory, as text; fetches nothing, changes nothing.  `only`: name of the module
 * asked for, NULL: all.  Caller frees; NULL on error. */
char *why_explain (const BuildPlan *plan, const SourceContext *sources, const char *state_path, const char *only, GError **error);
