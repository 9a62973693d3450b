/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Extensions in a build: which installed ones it has, and how it sees them.
 */
#pragma once

#include "builder/bases.h"

void bases_extension_free (gpointer data);   /* BasesExtension */

/* Fill what `bases` has to say of extensions; its SDK and base are found already. */
gboolean extend_find (Bases *bases, const BuildPlan *plan, GError **error);

/* Begin the install tree: the base's files, and those of its extensions that were asked for; for a system the SDK with its. */
gboolean extend_start_tree (const Bases *bases, const BuildPlan *plan, int tree_fd, GError **error);

/* Begin the tree of id-platform: the runtime's files, and those of its extensions. */
gboolean extend_start_platform (const Bases *bases, int tree_fd, GError **error);

/* Begin one of the other trees that the build may write. */
gboolean extend_start_writable (const Bases *bases, WritableTree which, int tree_fd, GError **error);

/* Mount what is extended and the extensions into a sandbox that has /usr, and /app or, of an extension, nothing there yet.  `flags`
 * are those of the install tree. */
gboolean extend_add_mounts (const Bases *bases, const BuildPlan *plan, int tree_fd, unsigned flags, SandboxPlan *sandbox,
                            GError **error);

/* LD_LIBRARY_PATH with what extensions add to `own` (may be NULL); NULL when it is empty.  Caller frees. */
char *extend_library_path (const Bases *bases, const char *own);
