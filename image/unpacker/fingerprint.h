/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* A digest over every name, type, size, inode number and time of change below `dir_fd`: equal as long as nobody has
 * touched the tree, since the time of change cannot be set back.  Reads no content.  Caller frees. */
char *fingerprint_tree (int dir_fd, GError **error);

/* Take the write permission from every file and directory below. */
gboolean tree_make_read_only (int dir_fd, GError **error);
