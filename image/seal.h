/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Turn a squashfs into an image: padding, hash tree, footer.  Private to the writer.
 */
#pragma once

#include <glib.h>

/* `fd` is open for reading and writing and holds `bytes_used` bytes of squashfs; what follows them is replaced. */
gboolean image_seal (int fd, guint64 bytes_used, GError **error);
