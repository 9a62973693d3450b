/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files that a repository keeps by Git LFS: the commit has pointers in their places, and the files come from the server's LFS
 * address.  They are named by their SHA-256, so they lie in the download cache like any other file.  No program of LFS is needed or
 * run.
 */
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include "builder/sources/git/mirror.h"
#include "builder/sources/treewriter.h"

/* Settings with which `git archive` marks the pointers of a commit: those files only whose attributes say that they are LFS's. */
const char *const *lfs_config (void);

/* Which files of the commit are kept by LFS, and fetch those that the cache has not.  Nothing to do without attributes of LFS. */
gboolean lfs_fetch (const GitMirror *mirror, const char *commit, const SourceContext *context, GError **error);

/* Append the files of the cache that the commit needs, as SourceKind.keep(). */
gboolean lfs_keep (const GitMirror *mirror, const char *commit, GPtrArray *paths, GError **error);

/* For UnarchiveRules.claim, with lfs_config(): write the file that a pointer stands for; *ret_skip is FALSE for a file that may hold no
 * pointer. */
gboolean lfs_unpack (struct archive *archive, struct archive_entry *entry, const char *path, TreeWriter *writer, int cache_fd,
                     gboolean *ret_skip, GError **error);
