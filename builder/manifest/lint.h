/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is allowed and yet worth a word: `appbuild check` says it, a build does not.
 */
#pragma once

#include "builder/manifest/manifest.h"

/* Adds warnings only: broad permissions, addresses that others can listen to, files that nothing names or that are not there,
 * licences that will not be found. */
void manifest_lint (const Manifest *manifest, GPtrArray *problems);

/* The part about files; `paths` is a set of the absolute paths that sources name. */
void manifest_lint_files (const Manifest *manifest, GHashTable *paths, GPtrArray *problems);
