/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Translations in one place, so that they can be an extension, with flatpak-builder's layout.
 *
 * share/locale/pt_BR becomes share/runtime/locale/pt/share/pt_BR and leaves a link there; the same for lib/locale.  English and C stay
 * where they are.
 */
#pragma once

#include <glib.h>

#define LOCALES_FOLDER "share/runtime/locale"

/* The tree below `files_fd` is not trusted: a folder that is reached through a link is no folder, and nothing is moved through one. */
gboolean locales_move (int files_fd, GError **error);
