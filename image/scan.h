/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A directory tree of the host as it will stand in an image: names sorted, hard links joined, modes
 * reduced to what an image keeps.  Private to the writer.
 */
#pragma once

#include <glib.h>
#include <sys/stat.h>

typedef struct ScanNode ScanNode;
struct ScanNode
{
  ScanNode *parent;             /* NULL: the root */
  char *name;
  mode_t mode;                  /* type and the permissions in the image */
  dev_t dev;                    /* what was seen, to notice a swap before it is read */
  ino_t ino;
  guint64 size;                 /* of a regular file, when it was seen */
  GPtrArray *children;          /* of a directory, sorted by bytes */
  char *target;                 /* of a symbolic link */
  ScanNode *first;              /* the node that carries the inode; itself unless a further hard link */
  guint n_links;                /* of `first`, within this tree */
  guint32 number;               /* inode number, set by the writer */
  guint64 reference;            /* place of the inode, set by the writer */
  void *inode;                  /* of a regular file, set by the writer */
};

/* NULL on error, which names the path below the tree. */
ScanNode *scan_tree (int tree_fd, GError **error);
void scan_node_free (ScanNode *root);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScanNode, scan_node_free)

/* Path below the tree's root, for messages.  Caller frees. */
char *scan_node_path (const ScanNode *node);
