/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Licences in the machine-readable debian/copyright files of packages, as SPDX expressions.
 */
#pragma once

#include <glib.h>

/* The SPDX identifier (static) of a short name where it is certain: GPL-2+ is GPL-2.0-or-later, Expat is MIT.  NULL otherwise; names
 * such as MIT or Artistic, under which Debian has several texts, are in no case certain. */
const char *licence_of_short_name (const char *name);

/* Gives the identifier (LicenseRef-...) of a licence that has none; `text` is never empty.  NULL: there is no room for more. */
typedef char *(*LicenceReference) (const char *name, const char *text, gpointer data);

/* All licences of the file joined by AND, alternatives as they are there.  NULL when it is not machine-readable, has no licence, or
 * `reference` gave NULL.  The file may be hostile.  Caller frees. */
char *licence_of_copyright (const char *text, LicenceReference reference, gpointer data);
