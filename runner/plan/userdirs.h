/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The user's well-known folders (user-dirs.dirs of xdg-user-dirs).
 */
#pragma once

#include "runner/host.h"

/* The absolute path of "xdg-documents" and the like: as configured, or its English name below the home folder when
 * nothing is configured.  NULL when the user switched it off (it is the home folder itself) or
 * `word` is none of them.  Caller frees. */
char *userdirs_path (const Host *host, const char *word);

/* "XDG_DOCUMENTS_DIR" for "xdg-documents", NULL for others. */
const char *userdirs_variable (const char *word);
