/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * All that a build needs besides the SDK, in one folder.
 */
#pragma once

#include "builder/plan/plan.h"
#include "builder/sources/source.h"

/* Fill the empty directory `dest_fd`:
 *
 *   manifest/        the files of the manifest, its lock file and the local sources, under the names that they have
 *   cache/nacelle/   what the sources have in the download cache
 *
 * Everything must have been fetched.  Local sources outside of the manifest's folder are refused. */
gboolean bundle_sources (const BuildPlan *plan, const SourceContext *context, int dest_fd, GError **error);
