/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which licence a file is the text of, by its words.
 */
#pragma once

#include <glib.h>

/* The SPDX identifier (static) when the file is this licence word for word: line breaks, signs, bullets, names and years of copyright, and
 * the "how to apply" at the end of some do not matter, anything else does.  NULL: it is none of those that are known, or more than one
 * licence.
 * The texts of the GNU licences do not say whether later versions may be taken too; they give the identifier that promises less. */
const char *licence_recognise (const char *text);

/* Is this an SPDX licence expression: "MIT", "GPL-2.0-or-later WITH Classpath-exception-2.0 OR (MIT AND LicenseRef-x)"?  The identifiers
 * must be such as are in use; *ret_unknown (may be NULL; caller frees) is the first that is not. */
gboolean licence_expression_check (const char *expression, char **ret_unknown);
