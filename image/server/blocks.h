/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Ranges of files, through a small cache of decompressed blocks: the kernel asks for parts of a block one after the
 * other, and many small files share one.
 */
#pragma once

#include "image/tree.h"

typedef struct BlockCache BlockCache;

BlockCache *block_cache_new (void);

/* Read into `buffer`; *ret_length is shorter than `size` only at the end of the file.  Threads share the cache, each with a
 * tree of its own (image_tree_share). */
gboolean block_cache_read (BlockCache *cache, ImageTree *tree, const TreeInode *inode, guint64 offset, gsize size,
                           guint8 *buffer, gsize *ret_length, GError **error);
