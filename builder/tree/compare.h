/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How two trees differ.
 */
#pragma once

#include <glib.h>

typedef enum
{
  TREE_ADDED,
  TREE_REMOVED,
  TREE_CHANGED,
} TreeDifferenceKind;

typedef struct
{
  TreeDifferenceKind kind;
  char *path;
  guint64 old_size, new_size;   /* bytes of a regular file, else 0 */
  gint64 offset;                /* of the first byte of a file's content that is another; -1: it is something else */
  char *detail;                 /* of what changed: "content from byte 123 on", "now executable", "link to a, was b" */
} TreeDifference;

/* All differences in type, content, link target and the permission to execute, sorted by path; neither times nor owners.  Files are read
 * only when their sizes are equal.  NULL on error. */
GPtrArray *tree_compare (int old_fd, int new_fd, GError **error);

/* Bytes of all regular files. */
gboolean tree_total_size (int root_fd, guint64 *ret_size, GError **error);
