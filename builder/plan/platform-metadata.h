/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The metadata file of the second runtime that a manifest with "id-platform" makes.
 */
#pragma once

#include "builder/plan/plan.h"

/* That of the result (`metadata`) under the platform's name and without extension points that are named after the result or come by
 * "inherit-sdk-extensions"; or the file that "metadata-platform" names.  NULL with a problem when that can't be read.  Caller frees. */
char *platform_metadata_new (const BuildPlan *plan, const char *metadata, GPtrArray *problems);
