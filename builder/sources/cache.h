/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Downloads that were verified once: `downloads/DIGEST` below the cache directory.  A file has its final name only
 * after its hash matched; unfinished ones are `downloads/.part-DIGEST-URL`, with URL the beginning of the address's SHA-256, and
 * beside each of them stands in `.from-DIGEST-URL` which version of the server's file it is the beginning of.
 */
#pragma once

#include "builder/sources/hashes.h"

/* Is it there?  (Its content is checked again by cache_open().)  It counts as used now, see cache_touch(). */
gboolean cache_has (int cache_fd, const FileHashes *hashes);

/* Open for reading after checking every hash.  A damaged file is removed, so that the next fetch replaces it.
 * -1 on error; ERROR_NOT_FOUND when it was not fetched. */
int cache_open (int cache_fd, const FileHashes *hashes, const char *name, GError **error);

/* The directory itself, created when missing.  -1 on error. */
int cache_downloads (int cache_fd, GError **error);

/* Who brings `name` into the directory of a cache holds its lock, until the descriptor is closed; others wait for that, here or in
 * other processes.  All locks of a directory are ranges of its file `.lock`.  -1 on error; ERROR_UNAVAILABLE when it is taken and
 * `wait` is FALSE. */
int cache_lock (int dir_fd, const char *name, gboolean wait, GError **error);

/* Something of the cache (a file or directory, by its name or, with `name` NULL, its descriptor) is used: `appbuild gc` goes by that. */
void cache_touch (int fd, const char *name);
