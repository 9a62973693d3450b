/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Copy a tree, descriptor to descriptor: files, directories and symbolic links, nothing followed.
 */
#pragma once

#include <glib.h>
#include <sys/stat.h>

/* Into the empty directory `dest_fd`.  Anything that isn't a file, directory or link is an error. */
gboolean tree_copy (int source_fd, int dest_fd, GError **error);

/* Copy one entry `name` of `source_fd` that has `st`: an empty directory, a file or a link. */
gboolean tree_copy_entry (int source_fd, const char *name, const struct stat *st, int dest_fd, GError **error);

/* Copy one regular file `name` of `source_fd` (not through a link) to the new file `dest_name` of `dest_fd`. */
gboolean tree_copy_file (int source_fd, const char *name, int dest_fd, const char *dest_name, mode_t mode, GError **error);
