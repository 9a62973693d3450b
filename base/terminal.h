/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a person sees.  Respects NO_COLOR, TERM=dumb and whether the stream is a terminal.
 */
#pragma once

#include <glib.h>

/* Text safe for a terminal: bytes below 0x20, 0x7f, C1, bidi overrides, zero-width characters and
 * invalid UTF-8 become visible escapes (\x1b, \u202e); '\n' stays when `keep_newlines`.  Caller frees. */
char *terminal_escape (const char *text, gboolean keep_newlines);

/* "1.2 MB".  Caller frees. */
char *terminal_size (guint64 bytes);

gboolean terminal_is_interactive (void);      /* stdout is a terminal that understands cursor motion */

/* Progress of one long job.  On a terminal a line that is redrawn (bar, count, name), with a line below it for each thing that is
 * on its way; otherwise one plain line when a step begins.  `total` 0: unknown.  The functions may be called from any thread and take
 * NULL for nobody to tell; progress_new() and progress_free() belong to one.  A signal that ends the program clears the lines. */
typedef struct Progress Progress;
Progress *progress_new (const char *title);
void progress_step (Progress *progress, const char *what);      /* "building ncurses" */
void progress_note (Progress *progress, const char *text);      /* a line that stays, also on a terminal */
void progress_set (Progress *progress, guint64 done, guint64 total);
void progress_free (Progress *progress);                        /* clears the lines; all bars have been freed before */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Progress, progress_free)

/* One of several things that are done beside each other, in bytes.  Shown on a terminal only. */
typedef struct ProgressBar ProgressBar;
ProgressBar *progress_bar_new (Progress *progress, const char *name);
void progress_bar_set (ProgressBar *bar, guint64 done, guint64 total);
void progress_bar_free (ProgressBar *bar);

/* Print a table with aligned columns; `rows` are NULL-ended arrays of cells, escaped here. */
void terminal_table (const char *const *header, GPtrArray *rows);
