/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Make an image visible to a sandbox.  The launch path includes only this header: it pulls in
 * neither squashfs nor FUSE libraries (the server is a program of its own).
 *
 *   g_autofree char *note = NULL;
 *   ImageAttachment image = IMAGE_ATTACHMENT_INIT;
 *   if (!image_attach (fd, name, IMAGE_ATTACH_AUTO, FALSE, &image, &note, error)) ...
 *   ... run the app, watching image.alive_fd ...
 *   image_attachment_clear (&image);
 *
 * The image is served for as long as alive_fd, or a copy of it, is open: so a launcher that is killed leaves
 * nothing, and a launcher that wants to end before its app must leave the descriptor with somebody.  Do not pass it into
 * the sandbox.  The mount has others in it, when programs are kept in memory: a copy of it has to be recursive.
 *
 * Ways.  FUSE: a server in a user namespace of its own, shared by all launches of the user where there is an
 * XDG_RUNTIME_DIR (socket nacelle/images.sock; it leaves after 60 seconds without a launch), else one for this
 * launch.  Unpacked: a copy in XDG_CACHE_HOME/nacelle/unpacked.
 *
 * No app may see $XDG_RUNTIME_DIR/nacelle or $XDG_CACHE_HOME/nacelle, whatever files it is given: who can write
 * there can change what other apps of the user run.
 */
#pragma once

#include <glib.h>

typedef struct
{
  gboolean files_only;/* set by the caller: root_fd is not wanted, and may be -1 */
  int root_fd;      /* O_PATH descriptor: mount of the image's root, to read `metadata` */
  int files_fd;     /* detached mount (open_tree) of files/, or an O_PATH directory when unpacked */
  gboolean is_mount;/* files_fd is a detached mount for sandbox_plan_mount_fd(); else bind it */
  int alive_fd;     /* becomes readable (EOF) when the server of this image has died; -1 when unpacked */
} ImageAttachment;

#define IMAGE_ATTACHMENT_INIT { FALSE, -1, -1, FALSE, -1 }

typedef enum
{
  IMAGE_ATTACH_AUTO,
  IMAGE_ATTACH_OFTEN,     /* the same, for a build: large programs that are run again and again are kept in memory meanwhile */
  IMAGE_ATTACH_FUSE,      /* only that way, or an error */
  IMAGE_ATTACH_UNPACKED,  /* unpack once into the user's cache, verified by digest */
} ImageAttachWay;

/* Attach the image open at `fd`.  `allow_unsealed`: accept a plain squashfs.  AUTO falls back
 * from FUSE to unpacked when the host cannot do it, and says so in *ret_note (caller frees, NULL
 * when there is nothing to say).  The structure of the image is checked completely either way, so images that
 * were never installed may be attached too; ERROR_REFUSED when it is bad. */
gboolean image_attach (int fd, const char *name, ImageAttachWay way, gboolean allow_unsealed,
                       ImageAttachment *ret_attachment, char **ret_note, GError **error);
void image_attachment_clear (ImageAttachment *attachment);
