/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Objects of Git LFS that lie in a repository of this computer, where git-lfs(1) keeps those that it has: .git/lfs/objects/AA/BB/SHA256,
 * without the .git in a bare repository.
 */
#pragma once

#include <glib.h>

/* Copy the object into the download cache.  `url` is the file:// address of the repository.  ERROR_NOT_FOUND when it has not got it,
 * ERROR_REFUSED when what lies there is something else. */
gboolean lfs_local_copy (const char *url, const char *oid, guint64 size, int cache_fd, GError **error);
