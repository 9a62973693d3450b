/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The metadata file of the bundle that a plan makes.
 */
#pragma once

#include "builder/plan/plan.h"

/* The plan has its refs.  NULL with a problem when a permission cannot be understood.  Caller frees. */
char *bundle_metadata_new (const BuildPlan *plan, GPtrArray *problems);
