/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Content that stands in the manifest itself.
 */
#pragma once

#include <glib.h>

gboolean data_url_is (const char *url);                          /* begins with "data:" */

/* What a data: URL (RFC 2397) says, with percent signs and base64 undone. */
GBytes *data_url_decode (const char *url, GError **error);

/* Base64 that may be broken into lines; refuses what is not. */
GBytes *data_base64_decode (const char *text, GError **error);
