/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * May a desktop file be shown to the desktop?
 */
#pragma once

#include <glib.h>

/* `text`: its content, `length` bytes, not trusted.  FALSE with a sentence when it is not a desktop file, or when an Exec line holds a
 * word that begins with @@: launchers put such words around the files that a person chose, so the app would choose for itself. */
gboolean desktop_file_check (const char *text, gsize length, GError **error);
