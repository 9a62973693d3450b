/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/reader.h"

#include <string.h>

#include "base/error.h"

#define READER_MAX_REQUEST (2u << 20)
#define READER_AHEAD (64u * 1024) /* tables are read in small steps, one after the other */

static ImageReader *
reader_new (int fd, const char *name, const ImageLayout *layout)
{
  ImageReader *reader = g_new0 (ImageReader, 1);

  reader->fd = fd;
  reader->name = g_strdup (name);
  reader->layout = *layout;
  if (layout->info.sealed)
    reader->hashes = g_new0 (guint8 *, (gsize) layout->shape.level_blocks[0]);
  return reader;
}

ImageReader *
image_reader_new (int fd, const char *name, GError **error)
{
  ImageLayout layout;

  if (!image_layout_read (fd, name, &layout, error))
    return NULL;
  return reader_new (fd, name, &layout);
}

ImageReader *
image_reader_share (const ImageReader *reader)
{
  return reader_new (reader->fd, reader->name, &reader->layout);
}

void
image_reader_free (ImageReader *reader)
{
  if (reader == NULL)
    return;
  for (guint64 i = 0; reader->hashes != NULL && i < reader->layout.shape.level_blocks[0]; i++)
    g_free (reader->hashes[i]);
  g_free (reader->hashes);
  g_free (reader->window);
  g_free (reader->name);
  g_free (reader);
}

static gboolean
block_compare (const ImageReader *reader, const guint8 *block, const guint8 *expected, guint64 offset, GError **error)
{
  guint8 hash[IMAGE_HASH_SIZE];

  verity_hash_block (block, hash);
  if (memcmp (hash, expected, sizeof hash) == 0)
    return TRUE;
  return error_throw_code (error, ERROR_REFUSED, "The image %s was changed or damaged: the block at byte %"
                           G_GUINT64_FORMAT " does not match the hash tree", reader->name, offset);
}

/* The hash block `index` of `level`, compared up to the root.  Levels above 0 are few and read rarely. */
static gboolean
hash_block_read (const ImageReader *reader, unsigned level, guint64 index, guint8 *ret_block, GError **error)
{
  const VerityShape *shape = &reader->layout.shape;
  guint64 offset = shape->level_offset[level] + index * IMAGE_BLOCK_SIZE;
  guint8 above[IMAGE_BLOCK_SIZE];

  if (!image_pread (reader->fd, reader->name, ret_block, IMAGE_BLOCK_SIZE, offset, error))
    return FALSE;
  if (level == shape->n_levels - 1)
    return block_compare (reader, ret_block, reader->layout.root_hash, offset, error);
  if (!hash_block_read (reader, level + 1, index / VERITY_HASHES_PER_BLOCK, above, error))
    return FALSE;
  return block_compare (reader, ret_block, above + index % VERITY_HASHES_PER_BLOCK * IMAGE_HASH_SIZE, offset, error);
}

static gboolean
data_block_compare (ImageReader *reader, const guint8 *block, guint64 number, GError **error)
{
  guint64 index = number / VERITY_HASHES_PER_BLOCK;

  if (reader->hashes[index] == NULL)
    {
      g_autofree guint8 *hashes = g_malloc (IMAGE_BLOCK_SIZE);
      if (!hash_block_read (reader, 0, index, hashes, error))
        return FALSE;
      reader->hashes[index] = g_steal_pointer (&hashes);
    }
  return block_compare (reader, block, reader->hashes[index] + number % VERITY_HASHES_PER_BLOCK * IMAGE_HASH_SIZE,
                        number * IMAGE_BLOCK_SIZE, error);
}

/* Fill the window with whole blocks that cover the request. */
static gboolean
window_fill (ImageReader *reader, guint64 offset, gsize size, GError **error)
{
  guint64 limit = reader->layout.info.sealed ? reader->layout.info.squashfs_size : reader->layout.super.bytes_used;
  guint64 start = offset & ~(guint64) (IMAGE_BLOCK_SIZE - 1);
  guint64 end = MAX (offset + size, size < READER_AHEAD / 4 ? start + READER_AHEAD : 0);

  end = MIN (limit, (end + IMAGE_BLOCK_SIZE - 1) & ~(guint64) (IMAGE_BLOCK_SIZE - 1));
  reader->window_length = 0;
  if (reader->window_capacity < end - start)
    {
      reader->window_capacity = (gsize) (end - start);
      reader->window = g_realloc (reader->window, reader->window_capacity);
    }
  if (!image_pread (reader->fd, reader->name, reader->window, (gsize) (end - start), start, error))
    return FALSE;
  if (reader->layout.info.sealed)
    for (guint64 at = start; at < end; at += IMAGE_BLOCK_SIZE)
      if (!data_block_compare (reader, reader->window + (at - start), at / IMAGE_BLOCK_SIZE, error))
        return FALSE;
  reader->window_start = start;
  reader->window_length = (gsize) (end - start);
  return TRUE;
}

gboolean
image_reader_pread (ImageReader *reader, void *buffer, gsize size, guint64 offset, GError **error)
{
  if (size > READER_MAX_REQUEST || offset > reader->layout.super.bytes_used
      || size > reader->layout.super.bytes_used - offset)
    return error_throw_code (error, ERROR_REFUSED, "The image %s is damaged: it points to a place outside of itself",
                             reader->name);
  if (offset < reader->window_start || offset - reader->window_start > reader->window_length
      || size > reader->window_length - (offset - reader->window_start))
    if (!window_fill (reader, offset, size, error))
      return FALSE;
  memcpy (buffer, reader->window + (offset - reader->window_start), size);
  return TRUE;
}
