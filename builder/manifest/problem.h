/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Collecting findings about a manifest, so that all of them can be told at once.
 */
#pragma once

#include "builder/manifest/manifest.h"

/* After this many, one last problem says that there are more; a hostile file can't fill the memory with messages. */
#define MANIFEST_PROBLEMS_MAX 200

void manifest_problem_error (GPtrArray *problems, ManifestPlace place, const char *format, ...) G_GNUC_PRINTF (3, 4);
void manifest_problem_warning (GPtrArray *problems, ManifestPlace place, const char *format, ...) G_GNUC_PRINTF (3, 4);
void manifest_problem_add (GPtrArray *problems, ManifestPlace place, gboolean is_error, const char *format, ...)
  G_GNUC_PRINTF (4, 5);

gboolean manifest_problems_have_error (const GPtrArray *problems);

/* By place: `first_file` (interned) first, then the other files by name. */
void manifest_problems_sort (GPtrArray *problems, const char *first_file);

/* `text` in quotes, shortened so that it fits into a sentence.  Caller frees. */
char *manifest_quote (const char *text);
