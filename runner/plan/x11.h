/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The pure parts of --socket=x11.
 */
#pragma once

#include <glib.h>

/* The number in ":1", ":1.0", "unix:1"; -1 for anything else, such as a display of another machine. */
int x11_display_number (const char *display);

/* The entries of an Xauthority file (its bytes are in network order, see Xau(3)) that are about local display `number`.
 * A truncated entry ends the list.  Caller frees with g_byte_array_unref(). */
GByteArray *x11_filter_authority (const guint8 *data, gsize length, int number);
