/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The two ways behind image_attach().
 */
#pragma once

#include "image/attach.h"
#include "image/protocol.h"

/* `flags`: PROTOCOL_*.  ERROR_UNAVAILABLE when the host cannot do it. */
gboolean image_attach_fuse (int fd, const char *name, guint32 flags, ImageAttachment *ret_attachment, GError **error);
gboolean image_attach_unpacked (int fd, const char *name, gboolean allow_unsealed, ImageAttachment *ret_attachment, GError **error);
