/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The licences of what a module is made of, kept in the result as share/licenses/ID/MODULE.
 */
#pragma once

#include "builder/plan/plan.h"

/* Copy from the module's sources: the manifest's license-files, each of which must be there; without the key regular files and folders
 * with the usual names directly in `source_fd`.  Sources and tree may be hostile: no link is followed in either. */
gboolean licences_collect (const BuildPlan *plan, const BuildModule *module, int source_fd, int tree_fd, GError **error);
