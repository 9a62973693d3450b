/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The summary of a repository: the list of what it has, which clients fetch and check first.
 */
#pragma once

#include <ostree.h>

/* Write the summary of all refs again, with what Flatpak looks up in it, and sign it when `key_id` is given. */
gboolean publish_summary (OstreeRepo *repo, const char *key_id, const char *homedir, GError **error);
