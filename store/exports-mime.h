/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Desktops read types of files from tables, which update-mime-database(1) of the host makes of share/mime/packages.
 */
#pragma once

#include "store/store-private.h"

#define EXPORTS_MIME "share/mime"
#define EXPORTS_MIME_PACKAGES EXPORTS_MIME "/packages"

/* Make them anew.  Without the program there are none, and that is no error. */
gboolean exports_mime_update (int exports_fd, GError **error);
