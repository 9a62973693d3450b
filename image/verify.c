/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every block of the file is compared: data against level 0, each level against the one above, the top
 * against the root hash.  The verity superblock and the footer were compared by image_layout_read().
 */
#include "image/image.h"

#include <string.h>

#include "base/error.h"
#include "image/layout.h"

/* As many blocks as one hash block has hashes. */
#define VERIFY_CHUNK (VERITY_HASHES_PER_BLOCK * IMAGE_BLOCK_SIZE)

/* Compare `n_blocks` blocks at `from` with the hashes at `hashes_at`; with no hashes (the top) with `root`. */
static gboolean
verify_level (int fd, const char *name, guint64 from, guint64 n_blocks, guint64 hashes_at, const guint8 *root, GError **error)
{
  g_autofree guint8 *chunk = g_malloc (VERIFY_CHUNK);
  guint8 hashes[IMAGE_BLOCK_SIZE] = { 0 };
  guint8 hash[IMAGE_HASH_SIZE];

  for (guint64 done = 0; done < n_blocks; done += VERITY_HASHES_PER_BLOCK)
    {
      guint64 count = MIN (n_blocks - done, VERITY_HASHES_PER_BLOCK);
      if (!image_pread (fd, name, chunk, count * IMAGE_BLOCK_SIZE, from + done * IMAGE_BLOCK_SIZE, error))
        return FALSE;
      if (root != NULL)
        memcpy (hashes, root, IMAGE_HASH_SIZE);
      else if (!image_pread (fd, name, hashes, sizeof hashes, hashes_at + done * IMAGE_HASH_SIZE, error))
        return FALSE;
      for (guint64 i = 0; i < count; i++)
        {
          verity_hash_block (chunk + i * IMAGE_BLOCK_SIZE, hash);
          if (memcmp (hash, hashes + i * IMAGE_HASH_SIZE, sizeof hash) != 0)
            return error_throw_code (error, ERROR_REFUSED, "The image %s was changed or damaged: the block at byte %"
                                     G_GUINT64_FORMAT " does not match the hash tree", name,
                                     from + (done + i) * IMAGE_BLOCK_SIZE);
        }
      /* Unused room of the last hash block is zero, or it would be a place to hide bytes in. */
      for (guint64 i = count * IMAGE_HASH_SIZE; root == NULL && i < sizeof hashes; i++)
        if (hashes[i] != 0)
          return error_throw_code (error, ERROR_REFUSED, "The hash tree of the image %s holds foreign bytes", name);
    }
  return TRUE;
}

gboolean
image_verify (int fd, const char *name, GError **error)
{
  ImageLayout layout;

  if (!image_layout_read (fd, name, &layout, error))
    return FALSE;
  if (!layout.info.sealed)
    return error_throw_code (error, ERROR_REFUSED, "The image %s has no hash tree, so its content cannot be verified", name);
  /* From the top down: each level is trusted before it is used. */
  for (unsigned level = layout.shape.n_levels; level-- > 0;)
    {
      gboolean top = level == layout.shape.n_levels - 1;
      if (!verify_level (fd, name, layout.shape.level_offset[level], layout.shape.level_blocks[level],
                         top ? 0 : layout.shape.level_offset[level + 1], top ? layout.root_hash : NULL, error))
        return FALSE;
    }
  return verify_level (fd, name, 0, layout.shape.data_blocks, layout.shape.level_offset[0], NULL, error);
}
