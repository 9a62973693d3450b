/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The result of a module as a layer: what it added, changed and removed in the tree that it was built in.  That is what the cache
 * keeps; a tree is made by laying the results of its modules over each other, in build order.
 */
#pragma once

#include "builder/tree/changes.h"
#include "store/treecache.h"

/* Keep all that is different from `before` in the tree, under `key`.  `work_fd`: a directory on the tree's file system for passing
 * use. */
gboolean layer_keep (TreeCache *cache, const char *key, int tree_fd, const TreeListing *before, int work_fd, GError **error);

/* Who made which path of the tree that is laid together. */
typedef struct LayerOwners LayerOwners;
LayerOwners *layer_owners_new (void);
void layer_owners_free (LayerOwners *owners);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LayerOwners, layer_owners_free)

/* To be asked before the layer of module `index` is laid on: does it bring another content, or take something away, where a
 * module has been that it doesn't start from?  `needs`: see depends_closure(); `names`: of the modules.  An error names both modules and
 * the path.  ERROR_NOT_FOUND as with treecache_get(). */
gboolean layer_owners_add (LayerOwners *owners, TreeCache *cache, const char *key, guint index, const gboolean *needs,
                           const char *const *names, GError **error);
