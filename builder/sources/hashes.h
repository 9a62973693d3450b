/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The hashes that a manifest gives for a file.
 */
#pragma once

#include "builder/manifest/manifest.h"

enum { HASH_SHA256, HASH_SHA512, HASH_SHA1, HASH_MD5, N_HASHES };

/* Hexadecimal, either case; NULL where none was given.  The strings belong to whom they were taken from. */
typedef struct
{
  const char *hex[N_HASHES];
} FileHashes;

/* Take them from a source; refuses what has the wrong length or is not hexadecimal. */
gboolean hashes_from_source (const ManifestSource *source, FileHashes *ret_hashes, GError **error);

gboolean hashes_any (const FileHashes *hashes);

/* Read `fd` from its beginning and compare with every hash given; ERROR_REFUSED shows both values.
 * *ret_sha256 may be NULL; caller frees. */
gboolean hashes_verify_fd (const FileHashes *hashes, int fd, const char *name, char **ret_sha256, GError **error);

/* Name of the file in the download cache: the SHA-256 itself, else "sha512-...", "sha1-...", "md5-...".
 * NULL when there is no hash.  Caller frees. */
char *hashes_cache_name (const FileHashes *hashes);

/* Add a named string to a checksum so that neighbours cannot be confused; NULL is not the same as "". */
void checksum_add (GChecksum *checksum, const char *key, const char *value);
void checksum_add_list (GChecksum *checksum, const char *key, char *const *values);
