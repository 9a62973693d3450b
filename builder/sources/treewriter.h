/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Put files, directories and links below a directory, whatever lies there already.
 *
 * Nothing is written outside: paths are cleaned as text (no absolute path, no ".."), and every directory on the way
 * is opened without following symbolic links.  What stands at a name is replaced, not written through, and a
 * directory with content is never replaced.
 */
#pragma once

#include <glib.h>
#include <sys/stat.h>

typedef struct TreeWriter TreeWriter;

/* `tree_fd` is borrowed. */
TreeWriter *tree_writer_new (int tree_fd);
void tree_writer_free (TreeWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TreeWriter, tree_writer_free)

/* A clean relative path without the first `strip` components; *ret_path is NULL when nothing is left.
 * ERROR_REFUSED for absolute paths, "..", and names no file system takes. */
gboolean tree_path_clean (const char *path, unsigned strip, char **ret_path, GError **error);

/* `path` must come from tree_path_clean().  `mode`: the nine permission bits; the owner's read (and for directories
 * write and search) are always added.  Directories get their times at tree_writer_finish(). */
gboolean tree_writer_directory (TreeWriter *writer, const char *path, mode_t mode, gint64 mtime, GError **error);
gboolean tree_writer_symlink (TreeWriter *writer, const char *path, const char *target, gint64 mtime, GError **error);
/* A second name of a regular file that is in the tree. */
gboolean tree_writer_hard_link (TreeWriter *writer, const char *path, const char *target, GError **error);
/* A new regular file, open for writing; -1 on error.  End it with tree_writer_file_end(). */
int tree_writer_file (TreeWriter *writer, const char *path, GError **error);
gboolean tree_writer_file_end (int fd, const char *path, mode_t mode, gint64 mtime, GError **error);

gboolean tree_writer_finish (TreeWriter *writer, GError **error);
