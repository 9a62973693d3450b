/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Make room in the download cache.  What somebody is fetching at the moment is left alone.
 */
#pragma once

#include <glib.h>

#define COLLECT_DAY (24 * 60 * 60)

/* One file, repository or export: `folder` is a literal, `used` the time of its last use in seconds since 1970. */
typedef void (*CollectDownload) (const char *folder, const char *name, guint64 size, gint64 used, gpointer data);

/* All that there is, with what each takes on its file system. */
gboolean collect_downloads_list (int cache_fd, CollectDownload add, gpointer data, GError **error);

/* *ret_removed is FALSE for what is being fetched. */
gboolean collect_download_remove (int cache_fd, const char *folder, const char *name, gboolean *ret_removed, GError **error);

/* Remove what no fetch and no build has asked for since `age` seconds.  Adds to *freed. */
gboolean collect_downloads (int cache_fd, gint64 age, guint64 *freed, GError **error);
