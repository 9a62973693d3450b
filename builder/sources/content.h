/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What kinds share whose content is one file: `path` (relative to the manifest) or `url`.
 */
#pragma once

#include "builder/sources/hashes.h"
#include "builder/sources/source.h"

gboolean content_queue (const ManifestSource *source, const SourceContext *context, GPtrArray *items, GError **error);
gboolean content_keep (const ManifestSource *source, const SourceContext *context, GPtrArray *paths, GError **error);
gboolean content_fetch (const ManifestSource *source, const SourceContext *context, GError **error);

/* Adds the file's SHA-256; a local file is read for it. */
gboolean content_digest (const ManifestSource *source, const SourceContext *context, GChecksum *checksum, GError **error);

/* Open for reading at the beginning, hashes checked.  *ret_name (caller frees) is the last part of the path or
 * address.  -1 on error. */
int content_open (const ManifestSource *source, const SourceContext *context, char **ret_name, GError **error);

/* `path` of the manifest's folder as the builder sees it.  Caller frees. */
char *content_local_path (const ManifestSource *source, const char *path);

/* A file or directory of the source, relative to the manifest's folder.  With `confine_dir` it must lie there, and no part of
 * the way may be a link.  -1 on error. */
int content_open_local (const ManifestSource *source, const SourceContext *context, const char *path, int flags, GError **error);

/* The same for what must be a regular file. */
int content_open_path (const ManifestSource *source, const SourceContext *context, const char *path, GError **error);

/* The addresses to try: `url`, then `mirror_urls`, "debian:PATH" replaced by the package mirror.  Caller frees. */
char **content_urls (const ManifestSource *source, const SourceContext *context, GError **error);

/* The directory that `dest` names below the tree, created when missing, never through a link.  -1 on error. */
int content_dest (const ManifestSource *source, int tree_fd, GError **error);

/* dest_filename or `fallback`: one plain file name. */
gboolean content_file_name (const ManifestSource *source, const char *fallback, char **ret_name, GError **error);

/* Write a new file, replacing what stands at the name (a link is not followed). */
gboolean content_write (int dir_fd, const char *name, const char *text, gsize length, mode_t mode, GError **error);
