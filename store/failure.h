/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What went wrong between this machine and a server, in words that say what to do.  Internal to store/.
 */
#pragma once

#include <glib.h>

/* `text` is what nacelle-fetch says: "While fetching URL: [N] TEXT" with the number of an error of libcurl, or "Server returned HTTP N"
 * with or without the URL; or that there is no summary.  NULL when it says something else.  Caller frees. */
char *failure_explain (const char *text);
