/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/verity.h"

#include <string.h>

gboolean
verity_shape (guint64 data_size, VerityShape *ret_shape)
{
  VerityShape shape = { 0 };
  guint64 blocks = data_size / IMAGE_BLOCK_SIZE;
  guint64 offset = data_size + IMAGE_BLOCK_SIZE;

  if (data_size % IMAGE_BLOCK_SIZE != 0 || blocks < 2 || data_size > G_MAXINT64 / 4)
    return FALSE;
  shape.data_blocks = blocks;
  do
    {
      blocks = (blocks + VERITY_HASHES_PER_BLOCK - 1) / VERITY_HASHES_PER_BLOCK;
      g_assert (shape.n_levels < VERITY_MAX_LEVELS);
      shape.level_blocks[shape.n_levels++] = blocks;
    }
  while (blocks > 1);
  for (unsigned level = shape.n_levels; level-- > 0;)
    {
      shape.level_offset[level] = offset;
      offset += shape.level_blocks[level] * IMAGE_BLOCK_SIZE;
    }
  shape.hash_size = offset - data_size;
  *ret_shape = shape;
  return TRUE;
}

void
verity_super_fill (const VerityShape *shape, const guint8 *root_hash, VeritySuper *ret_super)
{
  VeritySuper super = { .signature = "verity", .version = GUINT32_TO_LE (1), .hash_type = GUINT32_TO_LE (1),
                        .algorithm = "sha256", .data_block_size = GUINT32_TO_LE (IMAGE_BLOCK_SIZE),
                        .hash_block_size = GUINT32_TO_LE (IMAGE_BLOCK_SIZE),
                        .data_blocks = GUINT64_TO_LE (shape->data_blocks) };

  memcpy (super.uuid, root_hash, sizeof super.uuid);
  super.uuid[6] = (super.uuid[6] & 0x0f) | 0x80; /* RFC 9562, version 8: made by a rule of our own */
  super.uuid[8] = (super.uuid[8] & 0x3f) | 0x80;
  *ret_super = super;
}
