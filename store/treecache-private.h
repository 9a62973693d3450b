/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files of the cache share.
 */
#pragma once

#include <ostree.h>

#include "store/treecache.h"

/* Of a commit: paths that it takes away, aay. */
#define TREECACHE_REMOVED_KEY "nacelle.removed"

OstreeRepo *treecache_repo (TreeCache *cache);
/* The commit under a key; NULL when there is none, or the key is no key.  Caller frees. */
char *treecache_resolve (TreeCache *cache, const char *key);
