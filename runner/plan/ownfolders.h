/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A grant such as xdg-config/kdeglobals is also shown in the app's own configuration folder, because that is where the
 * variables in the sandbox make the app look for it.
 */
#pragma once

#include "runner/plan/context.h"

/* `path`: of the grant, on the host, which was shared before.  A note when the app has something else in its place. */
void share_in_own_folder (PlanContext *context, const FilesystemGrant *grant, const char *path);
