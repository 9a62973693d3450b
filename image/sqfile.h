/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A descriptor as the file object of libsquashfs, which itself opens files only by path.
 */
#pragma once

#include <glib.h>
#include <sqfs/compressor.h>
#include <sqfs/io.h>

/* Objects of libsquashfs are released with sqfs_destroy(). */
#define SQFS_AUTO(type) __attribute__ ((cleanup (sqfile_release_##type))) sqfs_##type##_t *
#define SQFS_DEFINE_AUTO(type) \
  static inline void sqfile_release_##type (sqfs_##type##_t **object) \
  { if (*object) sqfs_destroy (*object); }

SQFS_DEFINE_AUTO (file)
SQFS_DEFINE_AUTO (compressor)

/* The object borrows `fd`, reads and writes by offset and counts its own size, which begins at 0: a
 * file to be written. */
sqfs_file_t *sqfile_new_writer (int fd);

/* errno of the last failed write or read, 0 when none; what libsquashfs returns does not keep it. */
int sqfile_get_errno (const sqfs_file_t *file);

/* The text for an error number of libsquashfs. */
const char *sqfile_error_text (int code);
