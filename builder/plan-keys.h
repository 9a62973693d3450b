/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The cache keys of a plan, without building anything.
 */
#pragma once

#include "builder/plan/plan.h"
#include "builder/sources/source.h"

/* The key of each module (char *), as far as they can be known: *ret_note, otherwise NULL, says why the others are not, when the SDK or a
 * runtime is not installed, or a source must be fetched first.  Nothing is fetched.  Caller unrefs, and frees the note. */
GPtrArray *plan_keys (const BuildPlan *plan, const SourceContext *sources, char **ret_note);
