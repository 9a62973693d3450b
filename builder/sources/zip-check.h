/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A zip file says everything twice: in the directory at its end, and in front of each file.  Programs differ in which of the two they
 * believe, so a file that was looked through with one could be another thing when it is unpacked with the next.
 */
#pragma once

#include <glib.h>

/* ERROR_REFUSED when the two do not say the same about names, sizes, checksums or methods of the entries.  The position of `fd` stays.
 * What has no such directory is left to who unpacks it. */
gboolean zip_check (int fd, const char *name, GError **error);
