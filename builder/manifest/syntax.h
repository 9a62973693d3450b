/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is wrong with the syntax of YAML, in words for those who write manifests.
 *
 * The parser says what it wanted where it gave up, which is often a line too late: the slip is looked for around that place.
 */
#pragma once

#include "builder/manifest/manifest.h"

typedef struct
{
  const char *file, *data;                    /* `data` is what the parser read */
  const char *problem, *context;              /* its words; `context` may be NULL */
  unsigned line, column;                      /* from 0 */
  unsigned context_line, context_column;      /* of what it was in */
} SyntaxError;

/* Adds one problem, with the line. */
void manifest_syntax_explain (const SyntaxError *error, GPtrArray *problems);
