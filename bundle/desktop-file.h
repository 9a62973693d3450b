/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the desktop reads of an app, desktop files and search providers, before it is shown to the desktop.
 */
#pragma once

#include "bundle/desktop-exec.h"

/* `text`: its content, `length` bytes, not trusted.  FALSE with a sentence when it is not a desktop file, or when an Exec line holds a
 * word that begins with @@: launchers put such words around the files that a person chose, so the app would choose for itself. */
gboolean desktop_file_check (const char *text, gsize length, GError **error);

/* The desktop file for the host: each Exec line starts the app in its sandbox (desktop-exec.h), the groups are those of applications and
 * their actions, and what names a file or a service of the host is gone (TryExec, Path, an Icon with a slash, DBusActivatable).
 * ERROR_REFUSED for what is no application, and for a key or group that is there twice.  Caller frees. */
char *desktop_file_rewrite (const char *text, gsize length, const DesktopLauncher *launcher, gsize *ret_length, GError **error);

/* The same for a search provider of GNOME's shell: it is off until a person turns it on, for it sees what is typed; and it is
 * the app's own: its names begin with `id`. */
char *search_provider_rewrite (const char *text, gsize length, const char *id, gsize *ret_length, GError **error);
