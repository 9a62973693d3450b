/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Cache keys: SHA-256 over all that decides a result.  Each key contains the one before it, so a change reaches all that
 * comes later.  Places, times and the number of jobs are in none.
 */
#pragma once

#include "builder/plan/plan.h"
#include "builder/sources/source.h"

/* What the first module starts from.  `sdk_checksum`: name of the SDK's deployment, NULL without one.  Caller frees. */
char *key_of_base (const BuildPlan *plan, const char *sdk_checksum);

/* The tree after `module`; reads its sources (fetched before).  Caller frees, NULL on error. */
char *key_of_module (const char *previous, const BuildPlan *plan, const BuildModule *module, const SourceContext *sources,
                     GError **error);

/* The finished image.  Caller frees. */
char *key_of_image (const char *last, const BuildPlan *plan, int compression_level);
