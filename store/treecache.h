/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Content-addressed cache of directory trees, for the builder: one commit for each finished module, named by its
 * key.  A key is visible only after the whole tree is stored, so a killed build leaves nothing that a later one would
 * take for good; what a power cut damaged is found by its checksum when it is read, and is then as good as never kept.
 */
#pragma once

#include <glib.h>

typedef struct TreeCache TreeCache;

/* `dirfd`/`path`: an OSTree repository (bare-user-only) of our own, created when missing. */
TreeCache *treecache_open (int dirfd, const char *path, GError **error);
void treecache_free (TreeCache *cache);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TreeCache, treecache_free)

gboolean treecache_has (TreeCache *cache, const char *key);
/* Store everything below `tree_fd` (our own files: modes' permission bits, links and content are kept).  `removed` (char *, relative
 * paths; may be NULL): what the tree takes away from those that it is laid over. */
gboolean treecache_put (TreeCache *cache, const char *key, int tree_fd, const GPtrArray *removed, GError **error);
/* Lay the tree over what is in the directory `dest_fd`: first goes what it removes, then its entries come, in place of those of the same
 * name; the directories of both become one.  Files are copies (reflinks where possible), never hard links, so that the build may
 * change them in place.  ERROR_NOT_FOUND when the key is unknown or its content is damaged; then nothing was written. */
gboolean treecache_get (TreeCache *cache, const char *key, int dest_fd, GError **error);

/* What treecache_get() would lay on: path (char *) -> its content as a short text (char *), the same for the same content and mode, "/"
 * for directories; *ret_removed: paths (char *).  Caller unrefs both; NULL on error, ERROR_NOT_FOUND as above. */
GHashTable *treecache_contents (TreeCache *cache, const char *key, GPtrArray **ret_removed, GError **error);

/* All keys (char *).  Caller unrefs; NULL on error. */
GPtrArray *treecache_list (TreeCache *cache, GError **error);
/* Forget a key, if it is there; what it takes is freed by treecache_prune(), which deletes all that no key needs. */
gboolean treecache_remove (TreeCache *cache, const char *key, GError **error);
gboolean treecache_prune (TreeCache *cache, GError **error);
