/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Changes in XML files, of the text of few elements, with all else left as it is.
 */
#pragma once

#include "builder/manifest/manifest.h"

/* Edit a metainfo file by rename-appdata-file, rename-desktop-file and appdata-license; `renamed`: it or the desktop file was renamed,
 * so its id becomes the app's and the one before is kept as provided.  Caller frees. */
char *metainfo_edit (const Manifest *manifest, const char *text, gboolean renamed);

/* What a metainfo file says of the licence of its component; NULL: nothing.  Caller frees. */
char *metainfo_licence (const char *text);

/* In a file of MIME types: the icons `names` become ID.NAME, also those that a type has without naming them.  Caller frees. */
char *mime_edit (const char *id, char *const *names, const char *text);
