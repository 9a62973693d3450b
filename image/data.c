/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * File content of a checked tree.  A block must decompress to exactly the bytes that the file has there: a shorter one
 * would otherwise show what was in the buffer before.
 */
#include "base/error.h"
#include "image/tree.h"

#define BLOCK_STORED (1u << 24)

gboolean
image_tree_read_block (ImageTree *tree, guint64 at, guint32 size, guint8 *data, guint32 *ret_length, GError **error)
{
  const SquashSuper *super = &tree->reader->layout.super;
  guint32 stored = size & ~BLOCK_STORED;
  g_autofree guint8 *packed = NULL;
  sqfs_s32 n;

  if (size & BLOCK_STORED)
    {
      *ret_length = stored;
      return image_reader_pread (tree->reader, data, stored, at, error);
    }
  packed = g_malloc (stored);
  if (!image_reader_pread (tree->reader, packed, stored, at, error))
    return FALSE;
  n = tree->unpack->do_block (tree->unpack, packed, stored, data, super->block_size);
  if (n <= 0 || (guint32) n > super->block_size)
    return error_throw_code (error, ERROR_REFUSED, "The image %s is damaged: the block at byte %" G_GUINT64_FORMAT
                             " cannot be decompressed", tree->reader->name, at);
  *ret_length = (guint32) n;
  return TRUE;
}

gboolean
image_tree_read_fragment (ImageTree *tree, guint32 fragment, const guint8 **ret_data, guint32 *ret_length, GError **error)
{
  const guint8 *record = tree->fragments->data + 16 * (gsize) fragment;

  if (tree->fragment_cached != fragment)
    {
      tree->fragment_cached = SQUASHFS_NO_FRAGMENT;
      if (tree->fragment_data == NULL)
        tree->fragment_data = g_malloc (tree->reader->layout.super.block_size);
      if (!image_tree_read_block (tree, meta_u64 (record), meta_u32 (record + 8), tree->fragment_data, &tree->fragment_length, error))
        return FALSE;
      tree->fragment_cached = fragment;
    }
  *ret_data = tree->fragment_data;
  *ret_length = tree->fragment_length;
  return TRUE;
}

gboolean
image_tree_read_file (ImageTree *tree, const TreeInode *inode, TreeDataFunc func, gpointer user, GError **error)
{
  guint32 block_size = tree->reader->layout.super.block_size;
  g_autofree guint8 *block = g_malloc (block_size);
  guint64 at = inode->data_start, left = inode->size;
  const guint8 *tail;
  guint32 length;

  for (guint32 i = 0; i < inode->n_blocks; i++)
    {
      guint32 size = meta_u32 (tree->inode_table.bytes->data + inode->payload + 4 * (gsize) i);
      guint32 expected = (guint32) MIN (left, block_size);

      if (size != 0 && !image_tree_read_block (tree, at, size, block, &length, error))
        return FALSE;
      if (size != 0 && length != expected)
        return error_throw_code (error, ERROR_REFUSED, "The image %s is damaged: the block at byte %" G_GUINT64_FORMAT
                                 " has the wrong length", tree->reader->name, at);
      if (!func (size != 0 ? block : NULL, expected, user, error))
        return FALSE;
      at += size & ~BLOCK_STORED;
      left -= expected;
    }
  if (left == 0)
    return TRUE;
  if (!image_tree_read_fragment (tree, inode->fragment, &tail, &length, error))
    return FALSE;
  if (inode->fragment_offset > length || left > length - inode->fragment_offset)
    return error_throw_code (error, ERROR_REFUSED, "The image %s is damaged: the end of a file lies outside of its fragment",
                             tree->reader->name);
  return func (tail + inode->fragment_offset, (gsize) left, user, error);
}
