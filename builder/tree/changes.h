/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which paths of the install tree a module added or changed.  Cleanup patterns apply to these only.
 */
#pragma once

#include <glib.h>

typedef struct TreeListing TreeListing;

TreeListing *tree_listing_new (int root_fd, GError **error);
void tree_listing_free (TreeListing *listing);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TreeListing, tree_listing_free)

/* Paths (char *, sorted, relative to the root) that are new or changed in `after`; an entry counts as changed when it
 * was written, replaced or had its type changed, directories only when they are new. */
GPtrArray *tree_listing_changes (const TreeListing *before, const TreeListing *after);

/* Paths that are gone in `after`, or have become a directory or ceased to be one; not those below another of them. */
GPtrArray *tree_listing_removed (const TreeListing *before, const TreeListing *after);

/* Changed paths as bytes for a file (their number, then each path, NUL after each: names may hold newlines) and back; NULL for a file
 * that is not whole. */
GBytes *tree_changes_format (const GPtrArray *changes);
GPtrArray *tree_changes_parse (const char *data, gsize length);
