/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Give a tree the one form in which it also comes back from the cache, so that a module sees the same bytes whether those before it
 * were built just now or long ago: modes 0755 and 0644, one time for all, no hard links.
 */
#pragma once

#include <glib.h>

/* `time`: seconds, for every entry.  A socket, FIFO or device is an error that names it. */
gboolean tree_normalise (int root_fd, gint64 time, GError **error);
