/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Complete a bundle tree around its files/: metadata, export/, and the check that the command exists.
 */
#pragma once

#include "builder/bases.h"

/* `bundle_fd` holds files/.  `notes` (char *, owned) receives sentences for the user.  The tree is taken as hostile: nothing in it
 * is run or followed. */
gboolean finish_bundle (const BuildPlan *plan, const Bases *bases, int bundle_fd, GPtrArray *notes, GError **error);
