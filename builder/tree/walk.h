/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Visit everything below a directory that was written by somebody else: no link is followed, no mount is entered by
 * name, each directory is opened below its parent's descriptor.
 */
#pragma once

#include <glib.h>
#include <sys/stat.h>

typedef struct
{
  int parent_fd;          /* directory that holds the entry */
  const char *name;       /* of the entry in it */
  const char *path;       /* relative to the root of the walk, without a leading '/' */
  struct stat st;         /* lstat(2) */
} TreeEntry;

typedef gboolean (*TreeVisit) (const TreeEntry *entry, gpointer data, GError **error);

/* Call `visit` for each entry below `root_fd` (any kind of descriptor of a directory), sorted by name; a directory comes before what is
 * in it, and its permission is widened to rwx for the owner when `open_up`, as builds leave directories that nobody can read. */
gboolean tree_walk (int root_fd, gboolean open_up, TreeVisit visit, gpointer data, GError **error);

/* The same for what is directly in the directory only. */
gboolean tree_list (int dir_fd, TreeVisit visit, gpointer data, GError **error);
