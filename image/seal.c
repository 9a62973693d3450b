/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The hash tree is written level by level: hash blocks of a level go to their final place as soon as they are
 * full, and the next level reads them back.  So an image of any size needs one buffer.
 */
#include "image/seal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "image/layout.h"

#define SEAL_CHUNK (128u * IMAGE_BLOCK_SIZE)

static gboolean
write_at (int fd, const void *data, gsize size, guint64 offset, GError **error)
{
  const guint8 *at = data;

  while (size > 0)
    {
      ssize_t n = pwrite (fd, at, size, (off_t) offset);
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return error_throw_errno (error, errno, "Cannot write the hash tree of the image");
      at += n;
      offset += n;
      size -= n;
    }
  return TRUE;
}

/* Hash `n_blocks` blocks at `from`, write the hashes at `to`; *ret_last is the hash of the last hash block
 * written, which for the top level is the root hash. */
static gboolean
seal_level (int fd, guint64 from, guint64 n_blocks, guint64 to, guint8 *ret_last, GError **error)
{
  g_autofree guint8 *chunk = g_malloc (SEAL_CHUNK);
  guint8 hashes[IMAGE_BLOCK_SIZE];

  /* A chunk has as many blocks as a hash block has hashes. */
  G_STATIC_ASSERT (SEAL_CHUNK / IMAGE_BLOCK_SIZE == VERITY_HASHES_PER_BLOCK);
  for (guint64 done = 0; done < n_blocks;)
    {
      guint64 count = MIN (n_blocks - done, VERITY_HASHES_PER_BLOCK);
      if (!image_pread (fd, "that is being written", chunk, count * IMAGE_BLOCK_SIZE, from + done * IMAGE_BLOCK_SIZE, error))
        return FALSE;
      memset (hashes, 0, sizeof hashes);
      for (guint64 i = 0; i < count; i++)
        verity_hash_block (chunk + i * IMAGE_BLOCK_SIZE, hashes + i * IMAGE_HASH_SIZE);
      if (!write_at (fd, hashes, sizeof hashes, to, error))
        return FALSE;
      to += IMAGE_BLOCK_SIZE;
      done += count;
    }
  verity_hash_block (hashes, ret_last);
  return TRUE;
}

static gboolean
seal_write_ends (int fd, const VerityShape *shape, guint64 squashfs_size, const guint8 *root_hash, GError **error)
{
  guint8 block[IMAGE_BLOCK_SIZE] = { 0 };
  VeritySuper super;
  ImageFooter footer = { .magic = IMAGE_FOOTER_MAGIC };

  verity_super_fill (shape, root_hash, &super);
  memcpy (block, &super, sizeof super);
  footer.format_version = GUINT32_TO_LE (IMAGE_FORMAT_VERSION);
  footer.block_size = GUINT32_TO_LE (IMAGE_BLOCK_SIZE);
  footer.squashfs_size = GUINT64_TO_LE (squashfs_size);
  footer.hash_size = GUINT64_TO_LE (shape->hash_size);
  footer.file_size = GUINT64_TO_LE (squashfs_size + shape->hash_size + IMAGE_BLOCK_SIZE);
  memcpy (footer.root_hash, root_hash, sizeof footer.root_hash);
  return write_at (fd, block, sizeof block, squashfs_size, error)
         && write_at (fd, &footer, sizeof footer, squashfs_size + shape->hash_size, error);
}

gboolean
image_seal (int fd, guint64 bytes_used, GError **error)
{
  VerityShape shape;
  guint8 hash[IMAGE_HASH_SIZE];
  guint64 size = MAX (IMAGE_MIN_SQUASHFS_SIZE, (bytes_used + IMAGE_BLOCK_SIZE - 1) & ~(guint64) (IMAGE_BLOCK_SIZE - 1));
  guint64 from = 0, n_blocks;

  if (!verity_shape (size, &shape))
    return error_throw (error, "The image is too large to be sealed (%" G_GUINT64_FORMAT " bytes)", size);
  /* Cut before growing: padding must read as zero, whatever was in the file. */
  if (ftruncate (fd, (off_t) bytes_used) < 0 || ftruncate (fd, (off_t) size) < 0)
    return error_throw_errno (error, errno, "Cannot set the size of the image");
  n_blocks = shape.data_blocks;
  for (unsigned level = 0; level < shape.n_levels; level++)
    {
      if (!seal_level (fd, from, n_blocks, shape.level_offset[level], hash, error))
        return FALSE;
      from = shape.level_offset[level];
      n_blocks = shape.level_blocks[level];
    }
  return seal_write_ends (fd, &shape, size, hash, error);
}
