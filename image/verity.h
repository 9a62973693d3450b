/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The shape of a hash tree: how many blocks each level has and where they lie.  Level 0 holds the hashes of
 * the data; the last level is one block, whose hash is the root hash.
 */
#pragma once

#include <glib.h>

#include "image/format.h"

#define VERITY_HASHES_PER_BLOCK (IMAGE_BLOCK_SIZE / IMAGE_HASH_SIZE)
#define VERITY_MAX_LEVELS 9

typedef struct
{
  guint64 data_blocks;
  unsigned n_levels;
  guint64 level_offset[VERITY_MAX_LEVELS]; /* bytes from the start of the file */
  guint64 level_blocks[VERITY_MAX_LEVELS];
  guint64 hash_size;                       /* verity superblock and all levels, bytes */
} VerityShape;

/* FALSE when `data_size` is not a multiple of 4096, below two blocks, or too large for the sums to fit. */
gboolean verity_shape (guint64 data_size, VerityShape *ret_shape);

/* The superblock that belongs to this shape and root hash; the rest of its block is zero. */
void verity_super_fill (const VerityShape *shape, const guint8 *root_hash, VeritySuper *ret_super);

/* SHA-256 of one block. */
void verity_hash_block (const guint8 *block, guint8 *ret_hash);
