/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/attach.h"

#include "base/error.h"
#include "base/file.h"
#include "image/attach_private.h"

gboolean
image_attach (int fd, const char *name, ImageAttachWay way, gboolean allow_unsealed, ImageAttachment *ret_attachment,
              char **ret_note, GError **error)
{
  g_autoptr (GError) reason = NULL, second = NULL;
  guint32 flags = (allow_unsealed ? PROTOCOL_ALLOW_UNSEALED : 0) | (way == IMAGE_ATTACH_OFTEN ? PROTOCOL_RUN_OFTEN : 0);

  *ret_note = NULL;
  if (way == IMAGE_ATTACH_UNPACKED)
    return image_attach_unpacked (fd, name, allow_unsealed, ret_attachment, error);
  if (image_attach_fuse (fd, name, flags, ret_attachment, &reason))
    return TRUE;
  /* Only what the host lacks has another way; an image that was refused is refused. */
  if (way == IMAGE_ATTACH_FUSE || !g_error_matches (reason, ERROR_DOMAIN, ERROR_UNAVAILABLE))
    {
      g_propagate_error (error, g_steal_pointer (&reason));
      return FALSE;
    }
  if (!image_attach_unpacked (fd, name, allow_unsealed, ret_attachment, &second))
    {
      gboolean is_refused = g_error_matches (second, ERROR_DOMAIN, ERROR_REFUSED);   /* which no other way would have changed */

      g_propagate_error (error, g_steal_pointer (&second));
      return !is_refused && error_prefix (error, "%s; unpacked instead, which failed too", reason->message);
    }
  *ret_note = g_strdup_printf ("%s is not mounted but unpacked into the cache folder, which takes room and time: %s", name,
                               reason->message);
  return TRUE;
}

void
image_attachment_clear (ImageAttachment *attachment)
{
  file_close_fd (&attachment->root_fd);
  file_close_fd (&attachment->files_fd);
  file_close_fd (&attachment->alive_fd);
  attachment->is_mount = FALSE;
}
