/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A program that was linked in the SDK with a library that the runtime does not have builds well and never starts.
 */
#pragma once

#include "builder/bases.h"

/* Add a sentence to `notes` for each library that something in the finished app (`files_fd`) asks the loader for and that is neither
 * in the app nor where its runtime has libraries.  Apps only; not for apps with extension points that bring libraries. */
gboolean libraries_note_missing (const BuildPlan *plan, const Bases *bases, int files_fd, GPtrArray *notes, GError **error);
