/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The limit of everything that builds keep in the cache together: state directories, and files, repositories and exports that were
 * downloaded.  What was not used for the longest time goes first, be it a state directory or a download.
 *
 * Who builds or fetches holds a shared lock on the cache; downloads are removed only by who has it alone.  A state directory has its
 * own lock.
 */
#pragma once

#include <glib.h>

/* For as long as the descriptor is open nobody removes downloads.  -1 in a cache that cannot be written, where nobody does anyway. */
int collect_use (int cache_fd);

typedef struct
{
  guint64 freed;
  GPtrArray *told;           /* char *: what a person wants to know of it */
} CollectResult;

/* Also stale results of modules, as collect_state(), of all state directories, or with `state_dir` (else NULL) of that one, which is all
 * that counts then.  `max` G_MAXUINT64: no limit.  `use_fd`: the caller's own from collect_use(), or -1. */
gboolean collect_total (const char *cache_path, const char *state_dir, guint64 max, int use_fd, CollectResult *result, GError **error);

/* NACELLE_CACHE_SIZE, or 50 GB. */
gboolean collect_total_limit (guint64 *ret_limit, GError **error);

/* At the end of a build, and once a day only, as it looks at every file: collect_total() with that limit.  What cannot be removed is
 * said by `appbuild gc`. */
gboolean collect_total_daily (int cache_fd, int use_fd, GError **error);
