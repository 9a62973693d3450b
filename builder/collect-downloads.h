/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Make room in the download cache.  What somebody is fetching at the moment is left alone.
 */
#pragma once

#include <glib.h>

#define COLLECT_DAY (24 * 60 * 60)

/* Remove files, repositories and exports that no fetch and no build has asked for since `age` seconds.  Adds to *freed. */
gboolean collect_downloads (const char *path, gint64 age, guint64 *freed, GError **error);
