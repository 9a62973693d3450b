/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Copies of directories, nothing followed.
 */
#pragma once

#include <glib.h>

/* Everything below `from_fd` to below `dest_fd`, as a `dir` source does it; without the directory `skip_fd` (-1: none). */
gboolean dir_copy (int from_fd, int dest_fd, int skip_fd, GError **error);
