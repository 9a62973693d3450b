/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An image file laid out in a directory of our own, to be looked at.
 */
#pragma once

#include <glib.h>

typedef struct
{
  int parent_fd, root_fd;   /* root_fd: the image's root */
  char *name;
  guint64 size;             /* of the image file */
} UnpackedImage;

/* The image is checked completely, and by its seal where it has one.  NULL on error. */
UnpackedImage *unpacked_open (const char *path, GError **error);
/* Removes the directory. */
void unpacked_free (UnpackedImage *image);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UnpackedImage, unpacked_free)
