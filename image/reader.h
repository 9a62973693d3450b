/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The bytes of an image, each block compared with the hash tree before any of it is used.  Of an image without a
 * hash tree the bytes as they are.
 *
 * The comparison is made on the copy that is handed out, every time it is read from the file: so it also holds against
 * somebody who changes the file later.
 */
#pragma once

#include "image/layout.h"

typedef struct
{
  int fd;                       /* borrowed */
  char *name;
  ImageLayout layout;
  guint8 **hashes;              /* of level 0, block by block, compared with the levels above; NULL: not read yet */
  guint8 *window;               /* what was read last */
  guint64 window_start;
  gsize window_length;
  gsize window_capacity;
} ImageReader;

/* Reads and checks superblock and footer.  NULL on error.  `fd` stays the caller's and must outlive the reader. */
ImageReader *image_reader_new (int fd, const char *name, GError **error);

/* The same file for another thread.  It shares no buffer with the first. */
ImageReader *image_reader_share (const ImageReader *reader);
void image_reader_free (ImageReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ImageReader, image_reader_free)

/* Exactly `size` bytes at `offset`, which must lie within the squashfs.  ERROR_REFUSED when a block does not match or
 * the file is too short.  `size` is at most 2 MiB. */
gboolean image_reader_pread (ImageReader *reader, void *buffer, gsize size, guint64 offset, GError **error);
