/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * --file-forwarding: the files that a person opened with an app, given to it for this launch.
 */
#pragma once

#include "bundle/permissions.h"

/* Words of `arguments` between "@@" (paths) or "@@u" (URLs) and "@@" name files; those that are on this machine become a permission of
 * `layer` for just that file.  Returns the arguments without the marks, paths made absolute; caller frees with g_strfreev().
 * ERROR_USAGE when a mark is not closed. */
char **forward_files (const char *const *arguments, Permissions *layer, GError **error);
