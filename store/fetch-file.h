/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One plain file from a web server, for the process that talks to servers (see fetch.h).
 */
#pragma once

#include <glib.h>

/* Write what `url` gives to `fd` from its start; more than `max_bytes` is an error.  `progress` gets bytes. */
gboolean fetch_file (int fd, const char *url, guint64 max_bytes, void (*progress) (guint done, guint total), GError **error);
