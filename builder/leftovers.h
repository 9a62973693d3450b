/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Temporary files and folders outside of state directories, and what is left of them when their maker is killed.
 *
 * Who makes one holds a lock on it; it is a leftover when nobody does.  No clock tells that, which may be wrong by years.
 */
#pragma once

#include <glib.h>

#define LEFTOVERS_BUSES "bus-"   /* folders with the sockets of builder/buses.h, in the download cache */

/* file_mkdtemp(), locked: the folder is in use until the descriptor is closed. */
int leftovers_mkdtemp (int dir_fd, const char *prefix, char **ret_name, GError **error);

/* Mark an open temporary file as in use, until it is closed. */
void leftovers_hold (int fd);

/* Remove temporary files of the directory with names PREFIX...SUFFIX that nobody holds. */
gboolean leftovers_remove_files (int dir_fd, const char *prefix, const char *suffix, GError **error);

/* Remove what killed builds, fetches, verifications and comparisons left in the download cache `path`; a missing cache has nothing.
 * `thorough`: also parts of downloads that nobody went on with for a week. */
gboolean leftovers_remove (const char *path, gboolean thorough, GError **error);
