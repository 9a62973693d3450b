/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Loading the tree is nearly the whole check (see tree.c).  What it cannot see is how long a fragment block is once
 * it is decompressed; a file that points behind that end would be shown a reader's memory.  So fragments are
 * decompressed here, in their order, each once.
 */
#include "base/error.h"
#include "image/tree.h"

static gboolean
fragments_check (ImageTree *tree, GError **error)
{
  guint32 count = tree->reader->layout.super.fragment_count;
  g_autofree guint32 *ends = g_new0 (guint32, MAX (count, 1));

  for (guint i = 0; i < tree->inodes->len; i++)
    {
      const TreeInode *inode = image_tree_inode (tree, i);
      guint32 tail;

      if (inode->kind != TREE_FILE || inode->fragment == SQUASHFS_NO_FRAGMENT)
        continue;
      tail = (guint32) (inode->size % tree->reader->layout.super.block_size);
      ends[inode->fragment] = MAX (ends[inode->fragment], inode->fragment_offset + tail);
    }
  for (guint32 i = 0; i < count; i++)
    {
      const guint8 *data;
      guint32 length;

      if (ends[i] == 0)
        continue;
      if (!image_tree_read_fragment (tree, i, &data, &length, error))
        return FALSE;
      if (ends[i] > length)
        return error_throw_code (error, ERROR_REFUSED, "The image %s is damaged or made to do harm: the end of a file lies "
                                 "outside of its fragment", tree->reader->name);
    }
  return TRUE;
}

gboolean
image_check (int fd, const char *name, GError **error)
{
  g_autoptr (ImageTree) tree = image_tree_load (fd, name, error);

  return tree != NULL && fragments_check (tree, error);
}
