/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A build plan for other programs.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "builder/plan/plan.h"

/* Adds one object.  Everything that build_plan_to_text() says, and all keys of each source.  `keys`: cache keys (char *) of the first
 * modules; `note` says why the others have none, or is NULL. */
void build_plan_to_json (const BuildPlan *plan, const GPtrArray *keys, const char *note, JsonBuilder *builder);
