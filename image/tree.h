/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A whole image's directory tree, read and checked.  What this returns holds no number that has not been compared with
 * the thing that it counts or points into; unpacking and reading work on it and trust it.
 */
#pragma once

#include "image/meta.h"

typedef enum
{
  TREE_DIRECTORY = 1,
  TREE_FILE = 2,
  TREE_LINK = 3,
} TreeKind;

typedef struct
{
  TreeKind kind;
  guint16 mode;                 /* permissions as written in the image, without type */
  guint32 number;
  guint32 mtime;
  guint64 size;                 /* of a file: bytes; of a link: length of the target */
  guint64 data_start;           /* of a file */
  guint32 n_blocks;
  guint32 fragment;             /* SQUASHFS_NO_FRAGMENT or an index of a fragment that exists */
  guint32 fragment_offset;
  gsize payload;                /* index into the inode table: block sizes of a file, target of a link */
  guint32 first_entry;          /* of a directory: into `entries` */
  guint32 n_entries;
  guint32 n_links;              /* names that lead to it; of a directory 2 and its subdirectories */
} TreeInode;

typedef struct
{
  const char *name;             /* not NUL-terminated */
  guint16 length;
  guint32 inode;                /* into `inodes` */
} TreeEntry;

typedef struct
{
  ImageReader *reader;
  sqfs_compressor_t *unpack;
  MetaTable inode_table;
  MetaTable directory_table;
  GByteArray *fragments;        /* records of 16 bytes, each checked; NULL when there are none */
  GArray *inodes;               /* TreeInode; the root is the first */
  GArray *entries;              /* TreeEntry; those of one directory are neighbours, sorted */
  guint8 *fragment_data;        /* the fragment that was read last */
  guint32 fragment_cached;
  guint32 fragment_length;
} ImageTree;

/* NULL on error.  `fd` stays the caller's and must outlive the tree. */
ImageTree *image_tree_load (int fd, const char *name, GError **error);

/* The same tree for another thread: the tables are shared, what reading content changes is not.  NULL without memory. */
ImageTree *image_tree_share (const ImageTree *tree);
void image_tree_free (ImageTree *tree);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ImageTree, image_tree_free)

static inline const TreeInode *
image_tree_inode (const ImageTree *tree, guint32 index)
{
  return &g_array_index (tree->inodes, TreeInode, index);
}

static inline const TreeEntry *
image_tree_entry (const ImageTree *tree, guint32 index)
{
  return &g_array_index (tree->entries, TreeEntry, index);
}

/* Called for each stretch of a file in order; `data` NULL: a hole of `length` zeros. */
typedef gboolean (*TreeDataFunc) (const guint8 *data, gsize length, gpointer user, GError **error);
gboolean image_tree_read_file (ImageTree *tree, const TreeInode *inode, TreeDataFunc func, gpointer user, GError **error);

/* Decompress the block at `at`, whose size word in the image is `size`, into `data`, which has room for a block. */
gboolean image_tree_read_block (ImageTree *tree, guint64 at, guint32 size, guint8 *data, guint32 *ret_length, GError **error);

/* The entry `name` of a directory; NULL when there is none. */
const TreeEntry *image_tree_find (const ImageTree *tree, const TreeInode *directory, const char *name, gsize length);

/* Decompress a fragment block; it stays valid until the next call. */
gboolean image_tree_read_fragment (ImageTree *tree, guint32 fragment, const guint8 **ret_data, guint32 *ret_length, GError **error);
