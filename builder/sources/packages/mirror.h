/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The package mirror that the host itself is configured with.
 */
#pragma once

#include <glib.h>

/* Address of the first enabled entry for `suite` in APT's configuration below `apt_fd` (/etc/apt): one-line entries
 * of sources.list and sources.list.d/NAME.list, stanzas of sources.list.d/NAME.sources.  Only plain http and https
 * count.  `suite` NULL: an entry of a main archive (no "-updates", "-security" ...), else any.  `components` NULL: any.
 * NULL when there is none; caller frees. */
char *mirror_of_apt (int apt_fd, const char *suite, const char *const *components);

/* Split at blanks; caller frees with g_strfreev(). */
char **mirror_words (const char *text);
