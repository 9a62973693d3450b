/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Collecting findings about a manifest, so that all of them can be told at once.
 */
#pragma once

#include "builder/manifest/manifest.h"

/* After this many, one last problem says that there are more; a hostile file can't fill the memory with messages. */
#define MANIFEST_PROBLEMS_MAX 200

/* `rule` is a constant, the name of what is not kept: appbuild(1) has the list. */
void manifest_problem_error (GPtrArray *problems, ManifestPlace place, const char *rule, const char *format, ...)
  G_GNUC_PRINTF (4, 5);
void manifest_problem_warning (GPtrArray *problems, ManifestPlace place, const char *rule, const char *format, ...)
  G_GNUC_PRINTF (4, 5);
void manifest_problem_add (GPtrArray *problems, ManifestPlace place, gboolean is_error, const char *rule, const char *format, ...)
  G_GNUC_PRINTF (5, 6);

/* The last problem with the line of `data`, the text of its file, that it is about, and a caret below the column. */
void manifest_problem_show_line (GPtrArray *problems, const char *data);

gboolean manifest_problems_have_error (const GPtrArray *problems);

/* By place: `first_file` (interned) first, then the other files by name.  What is there twice is kept once. */
void manifest_problems_sort (GPtrArray *problems, const char *first_file);

/* `text` in quotes, shortened so that it fits into a sentence.  Caller frees. */
char *manifest_quote (const char *text);
