/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Cleanup patterns, with flatpak-builder's meaning.
 *
 * "/include" is matched against the whole path below the prefix, from the front; when it matches a leading part, that part and all
 * below it go.  "*.la" (no leading '/') is matched against the last element only.  In both '*' stands for any characters and '?' for
 * one, neither for '/'; all else stands for itself, also a '/' at the end, which no path has.  One oddity is kept, as
 * manifests may live by it: a '*' that is followed by more may swallow the slash at its end.  Only paths that the module changed are
 * looked at, and a directory goes only when nothing is left in it.
 */
#pragma once

#include <glib.h>

/* Add to `remove` (a set of char *, owned) what `pattern` takes of `path`. */
void cleanup_match (const char *pattern, const char *path, GHashTable *remove);

/* The same for lists: `patterns` may be NULL. */
void cleanup_match_all (char **patterns, const GPtrArray *paths, GHashTable *remove);

/* Remove the paths below `tree_fd`, deepest first.  Nothing is reached through a symbolic link; missing paths and directories that
 * are not empty are left.  *ret_count counts what was removed. */
gboolean cleanup_remove (int tree_fd, GHashTable *remove, guint *ret_count, GError **error);
