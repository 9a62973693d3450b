/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is allowed and yet worth a word: `appbuild check` says it, a build does not.
 */
#pragma once

#include "builder/manifest/manifest.h"

/* Adds warnings only.  The manifest may be one of manifest_load_anyway(): what errors have left out is not looked at.  `now` (seconds
 * since 1970) decides which runtimes are too old. */
void manifest_lint (const Manifest *manifest, gint64 now, GPtrArray *problems);

/* The parts of it. */
void manifest_lint_head (const Manifest *manifest, GPtrArray *problems);                       /* names, command */
void manifest_lint_runtimes (const Manifest *manifest, gint64 now, GPtrArray *problems);
void manifest_lint_permissions (const Manifest *manifest, GPtrArray *problems);
void manifest_lint_modules (const Manifest *manifest, GPtrArray *problems);                    /* recipes */
void manifest_lint_sources (const Manifest *manifest, GHashTable *paths, GPtrArray *problems); /* fills `paths` */
/* `paths` is a set of the absolute paths that sources name. */
void manifest_lint_files (const Manifest *manifest, GHashTable *paths, GPtrArray *problems);
