/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests outside of a whole manifest.
 */
#pragma once

#include "builder/manifest/manifest.h"

/* Those of a manifest.json, which an image holds (ManifestTest); an empty array when it has none.  `name` must end in .json.
 * Caller unrefs; NULL with errors in `problems`. */
GPtrArray *manifest_tests_parse (const char *name, const char *text, gsize length, GPtrArray *problems);
