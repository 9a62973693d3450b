/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/server/blocks.h"

#include <string.h>

#include "base/error.h"

#define CACHE_BLOCKS 32
#define BLOCK_STORED (1u << 24)

/* A decompressed block.  It is in the cache, or in use, or both; who lets go of it last frees it. */
typedef struct
{
  guint64 at;                   /* place in the image */
  guint64 used;                 /* when, by the clock */
  guint32 length;
  guint n_users;                /* the cache counts as one */
  guint8 data[];
} CachedBlock;

struct BlockCache
{
  GMutex lock;                  /* held for looking, never while a block is read or decompressed */
  guint64 clock;
  CachedBlock *blocks[CACHE_BLOCKS];
};

BlockCache *
block_cache_new (void)
{
  BlockCache *cache = g_new0 (BlockCache, 1);

  g_mutex_init (&cache->lock);
  return cache;
}

static void
block_release (BlockCache *cache, CachedBlock *block)
{
  gboolean last;

  g_mutex_lock (&cache->lock);
  last = --block->n_users == 0;
  g_mutex_unlock (&cache->lock);
  if (last)
    g_free (block);
}

static CachedBlock *
cache_find (BlockCache *cache, guint64 at)
{
  CachedBlock *found = NULL;

  g_mutex_lock (&cache->lock);
  for (unsigned i = 0; i < CACHE_BLOCKS && found == NULL; i++)
    if (cache->blocks[i] != NULL && cache->blocks[i]->at == at)
      found = cache->blocks[i];
  if (found != NULL)
    {
      found->n_users++;
      found->used = ++cache->clock;
    }
  g_mutex_unlock (&cache->lock);
  return found;
}

/* In the place of the one that was not used for the longest time.  Two threads may bring the same block; both are good. */
static void
cache_put (BlockCache *cache, CachedBlock *block)
{
  unsigned oldest = 0;
  CachedBlock *gone;

  g_mutex_lock (&cache->lock);
  for (unsigned i = 0; i < CACHE_BLOCKS && cache->blocks[oldest] != NULL; i++)
    if (cache->blocks[i] == NULL || cache->blocks[i]->used < cache->blocks[oldest]->used)
      oldest = i;
  gone = cache->blocks[oldest];
  cache->blocks[oldest] = block;
  block->n_users++;
  block->used = ++cache->clock;
  if (gone != NULL && --gone->n_users > 0)
    gone = NULL;
  g_mutex_unlock (&cache->lock);
  g_free (gone);
}

/* NULL on error; the caller releases the block. */
static CachedBlock *
cache_get (BlockCache *cache, ImageTree *tree, guint64 at, guint32 size, GError **error)
{
  CachedBlock *block = cache_find (cache, at);

  if (block != NULL)
    return block;
  block = g_malloc (sizeof *block + tree->reader->layout.super.block_size);
  *block = (CachedBlock) { .at = at, .n_users = 1 };
  if (!image_tree_read_block (tree, at, size, block->data, &block->length, error))
    {
      g_free (block);
      return NULL;
    }
  cache_put (cache, block);
  return block;
}

/* `want` bytes at `skip` of a stretch that is `expected` bytes long. */
static gboolean
stretch_copy (BlockCache *cache, ImageTree *tree, guint64 at, guint32 size, guint32 expected, guint32 skip, gsize want,
              guint8 *buffer, GError **error)
{
  CachedBlock *block;
  gboolean fits;

  if (size == 0)
    {
      memset (buffer, 0, want);
      return TRUE;
    }
  if ((block = cache_get (cache, tree, at, size, error)) == NULL)
    return FALSE;
  fits = block->length >= expected && skip <= block->length && want <= block->length - skip;
  if (fits)
    memcpy (buffer, block->data + skip, want);
  block_release (cache, block);
  return fits || error_throw_code (error, ERROR_REFUSED, "The image %s is damaged: the block at byte %" G_GUINT64_FORMAT
                                   " has the wrong length", tree->reader->name, at);
}

gboolean
block_cache_read (BlockCache *cache, ImageTree *tree, const TreeInode *inode, guint64 offset, gsize size,
                  guint8 *buffer, gsize *ret_length, GError **error)
{
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
          if (!stretch_copy (cache, tree, at, word, expected, skip, want, buffer + done, error))
            return FALSE;
          at += word & ~BLOCK_STORED;
        }
      else
        {
          const guint8 *record = tree->fragments->data + 16 * (gsize) inode->fragment;
          if (!stretch_copy (cache, tree, meta_u64 (record), meta_u32 (record + 8), inode->fragment_offset + expected,
                             inode->fragment_offset + skip, want, buffer + done, error))
            return FALSE;
        }
      done += want;
    }
  *ret_length = done;
  return TRUE;
}
