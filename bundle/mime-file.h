/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Types of files that an app knows (share/mime/packages), before the desktop learns them.
 */
#pragma once

#include <glib.h>

/* The file made anew from what it says about types, their names for people, icons, parents and endings (<glob>), which count less
 * than those of any other program.  What looks into files (<magic>), takes another type's place (<alias>, <glob-deleteall>) or
 * matches every name is left out: an app must not make others' files its own.  ERROR_REFUSED for what is no such file, and for
 * declared entities.  `text` is `length` bytes, not trusted.  Caller frees. */
char *mime_file_rewrite (const char *text, gsize length, gsize *ret_length, GError **error);
