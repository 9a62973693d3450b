/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an image says of itself, read and checked: the superblock and, when it is sealed, the footer.  Shared by
 * the reader, the server and the launch path; needs GLib only.
 */
#pragma once

#include "image/image.h"
#include "image/verity.h"

typedef struct
{
  ImageInfo info;
  SquashSuper super;             /* in the byte order of the host */
  VerityShape shape;             /* when sealed */
  guint8 root_hash[IMAGE_HASH_SIZE];
} ImageLayout;

/* As image_inspect(); `fd` is read by offset, its position is not used. */
gboolean image_layout_read (int fd, const char *name, ImageLayout *ret_layout, GError **error);

/* Read exactly `size` bytes at `offset`; an error that names the image when the file ends before or the read fails. */
gboolean image_pread (int fd, const char *name, void *buffer, gsize size, guint64 offset, GError **error);
