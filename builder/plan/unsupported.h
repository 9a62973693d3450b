/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a manifest may ask for, and a plan shows, but a build cannot do yet.
 */
#pragma once

#include "builder/plan/plan.h"

/* One error, at the place of its key, for each thing that this plan wants and the build cannot carry out.  A build must not begin
 * when there is one: nothing may be left out silently.  Returns whether there was none. */
gboolean build_plan_unsupported (const BuildPlan *plan, GPtrArray *problems);
