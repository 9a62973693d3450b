/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/server/blocks.h"

#include <string.h>

#include "base/error.h"

#define CACHE_BLOCKS 32
#define BLOCK_STORED (1u << 24)

typedef struct
{
  guint64 at;                   /* place in the image; 0: unused, since the superblock is there */
  guint64 used;
  guint32 length;
  guint8 *data;
} CachedBlock;

struct BlockCache
{
  ImageTree *tree;
  guint64 clock;
  CachedBlock blocks[CACHE_BLOCKS];
};

BlockCache *
block_cache_new (ImageTree *tree)
{
  BlockCache *cache = g_new0 (BlockCache, 1);

  cache->tree = tree;
  return cache;
}

static gboolean
cache_get (BlockCache *cache, guint64 at, guint32 size, const guint8 **ret_data, guint32 *ret_length, GError **error)
{
  CachedBlock *block = &cache->blocks[0];

  for (unsigned i = 0; i < CACHE_BLOCKS; i++)
    {
      if (cache->blocks[i].at == at)
        {
          block = &cache->blocks[i];
          break;
        }
      if (cache->blocks[i].used < block->used)
        block = &cache->blocks[i];
    }
  if (block->at != at)
    {
      block->at = 0;
      if (block->data == NULL)
        block->data = g_malloc (cache->tree->reader->layout.super.block_size);
      if (!image_tree_read_block (cache->tree, at, size, block->data, &block->length, error))
        return FALSE;
      block->at = at;
    }
  block->used = ++cache->clock;
  *ret_data = block->data;
  *ret_length = block->length;
  return TRUE;
}

/* `want` bytes at `skip` of a stretch that is `expected` bytes long. */
static gboolean
stretch_copy (BlockCache *cache, guint64 at, guint32 size, guint32 expected, guint32 skip, gsize want, guint8 *buffer,
              GError **error)
{
  const guint8 *data;
  guint32 length;

  if (size == 0)
    {
      memset (buffer, 0, want);
      return TRUE;
    }
  if (!cache_get (cache, at, size, &data, &length, error))
    return FALSE;
  if (length < expected || skip > length || want > length - skip)
    return error_throw_code (error, ERROR_REFUSED, "The image %s is damaged: the block at byte %" G_GUINT64_FORMAT
                             " has the wrong length", cache->tree->reader->name, at);
  memcpy (buffer, data + skip, want);
  return TRUE;
}

gboolean
block_cache_read (BlockCache *cache, const TreeInode *inode, guint64 offset, gsize size, guint8 *buffer,
                  gsize *ret_length, GError **error)
{
  const ImageTree *tree = cache->tree;
  guint32 block_size = tree->reader->layout.super.block_size;
  const guint8 *sizes = tree->inode_table.bytes->data + inode->payload;
  guint64 at = inode->data_start, index = offset / block_size;
  gsize done = 0;

  if (offset >= inode->size)
    size = 0;
  size = (gsize) MIN (size, inode->size - MIN (offset, inode->size));
  for (guint64 i = 0; i < MIN (index, inode->n_blocks); i++)
    at += meta_u32 (sizes + 4 * i) & ~BLOCK_STORED;
  for (; done < size; index++)
    {
      guint32 skip = (guint32) ((offset + done) % block_size);
      guint32 expected = (guint32) MIN (block_size, inode->size - index * block_size);
      gsize want = MIN (size - done, expected - skip);

      if (index < inode->n_blocks)
        {
          guint32 word = meta_u32 (sizes + 4 * index);
          if (!stretch_copy (cache, at, word, expected, skip, want, buffer + done, error))
            return FALSE;
          at += word & ~BLOCK_STORED;
        }
      else
        {
          const guint8 *record = tree->fragments->data + 16 * (gsize) inode->fragment;
          if (!stretch_copy (cache, meta_u64 (record), meta_u32 (record + 8), inode->fragment_offset + expected,
                             inode->fragment_offset + skip, want, buffer + done, error))
            return FALSE;
        }
      done += want;
    }
  *ret_length = done;
  return TRUE;
}
