/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Make an image visible to a sandbox.  The launch path includes only this header: it pulls in
 * neither squashfs nor FUSE libraries (the server is a program of its own).
 */
#pragma once

#include <glib.h>

typedef struct
{
  int root_fd;      /* O_PATH descriptor: mount of the image's root, to read `metadata` */
  int files_fd;     /* detached mount (open_tree) of files/, or an O_PATH directory when unpacked */
  gboolean is_mount;/* files_fd is a detached mount for sandbox_plan_mount_fd(); else bind it */
  int alive_fd;     /* becomes readable (EOF) when the server of this image has died; -1 when unpacked */
} ImageAttachment;

typedef enum
{
  IMAGE_ATTACH_AUTO,
  IMAGE_ATTACH_FUSE,      /* only that way, or an error */
  IMAGE_ATTACH_UNPACKED,  /* unpack once into the user's cache, verified by digest */
} ImageAttachWay;

/* Attach the image open at `fd`.  `allow_unsealed`: accept a plain squashfs.  AUTO falls back
 * from FUSE to unpacked when the host cannot do it, and says so in *ret_note (caller frees, NULL
 * when there is nothing to say). */
gboolean image_attach (int fd, const char *name, ImageAttachWay way, gboolean allow_unsealed,
                       ImageAttachment *ret_attachment, char **ret_note, GError **error);
void image_attachment_clear (ImageAttachment *attachment);
