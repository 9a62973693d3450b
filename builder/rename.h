/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The manifest's rename-* and desktop-file-* keys, copy-icon and appdata-license: give what the app shows to the desktop names that
 * begin with its id.
 */
#pragma once

#include "builder/manifest/manifest.h"

/* In the finished install tree.  The tree is hostile: everything is reached by descriptors, no link is followed, and what is edited must
 * be a regular file.  A file that is named and missing is an error; a missing metainfo file is a text in `notes` only, as with
 * flatpak-builder. */
gboolean rename_finish (const Manifest *manifest, int files_fd, GPtrArray *notes, GError **error);
