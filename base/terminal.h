/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a person sees.  Respects NO_COLOR, TERM=dumb and whether the stream is a terminal.
 */
#pragma once

#include <glib.h>

/* Text safe for a terminal: bytes below 0x20, 0x7f, C1, bidi overrides, zero-width characters and
 * invalid UTF-8 become visible escapes (\x1b, \u202e); '\n' stays when `keep_newlines`.  Caller frees. */
char *terminal_escape (const char *text, gboolean keep_newlines);

gboolean terminal_is_interactive (void);      /* stdout is a terminal that understands cursor motion */
const char *terminal_style (const char *name); /* "bold", "red", "green", "yellow", "dim", "reset"; "" without colour */

/* Progress of one long job.  On a terminal one line that is redrawn (bar, count, name); otherwise
 * one plain line when a step begins.  `total` 0: unknown.  All calls from one thread. */
typedef struct Progress Progress;
Progress *progress_new (const char *title);
void progress_step (Progress *progress, const char *what);      /* "building ncurses" */
void progress_set (Progress *progress, guint64 done, guint64 total);
void progress_free (Progress *progress);                        /* clears the line */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Progress, progress_free)

/* Print a table with aligned columns; `rows` are NULL-ended arrays of cells, escaped here. */
void terminal_table (const char *const *header, GPtrArray *rows);
