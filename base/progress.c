/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * On a terminal a block of lines at the bottom: the job, and below it one line for each thing that is on its way.  It is drawn over
 * itself: the cursor goes up by the rows that the last block takes now, as a window that became narrower has broken its lines.
 * No line is longer than the window, and the cursor stays at the end of the last one, with room for the ^C that the terminal shows.
 *
 * A signal that ends the program clears the block first, so that the shell's prompt stands where it should.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/terminal.h"

#define REDRAW_INTERVAL (G_USEC_PER_SEC / 20)
#define BAR_WIDTH 20
#define BAR_COLUMNS 60     /* a window narrower than this has no room for bars and titles */
#define BARS_MAX 8

struct Progress
{
  GMutex mutex;
  char *title;
  char *what;
  guint64 done, total;
  GPtrArray *bars;         /* ProgressBar, in the order of their beginning */
  GArray *widths;          /* columns of each line that is on the screen; empty: nothing is */
  gint64 last_drawn;
  gboolean interactive;
};

struct ProgressBar
{
  Progress *progress;
  char *name;
  guint64 done, total;
};

/* ---- a signal ------------------------------------------------------------------------------------------------------- */

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

/* What a signal handler can see. */
static volatile sig_atomic_t drawn_lines;
static gboolean handled[G_N_ELEMENTS (signals)];
static guint n_handlers;

static void
on_signal (int number)
{
  int saved_errno = errno;

  if (drawn_lines > 0)
    {
      (void) !write (STDOUT_FILENO, "\r", 1);
      for (int i = 1; i < drawn_lines; i++)
        (void) !write (STDOUT_FILENO, "\033[A", 3);
      (void) !write (STDOUT_FILENO, "\033[J", 3);
    }
  signal (number, SIG_DFL);
  raise (number);
  errno = saved_errno;
}

static void
handle_signals (void)
{
  struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART }, before;

  if (n_handlers++ > 0)
    return;
  sigemptyset (&action.sa_mask);
  for (gsize i = 0; i < G_N_ELEMENTS (signals); i++)
    {
      handled[i] = sigaction (signals[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL;
      if (handled[i])
        sigaction (signals[i], &action, NULL);
    }
}

static void
leave_signals (void)
{
  struct sigaction now;

  if (--n_handlers > 0)
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (signals); i++)
    if (handled[i] && sigaction (signals[i], NULL, &now) == 0 && now.sa_handler == on_signal)
      signal (signals[i], SIG_DFL);
}

/* ---- lines ---------------------------------------------------------------------------------------------------------- */

static void
window_size (int *ret_columns, int *ret_rows)
{
  struct winsize size;
  gboolean known = ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) == 0;

  *ret_columns = known && size.ws_col > 0 ? size.ws_col : 80;
  *ret_rows = known && size.ws_row > 0 ? size.ws_row : 24;
}

static int
cell_width (gunichar c)
{
  if (g_unichar_iszerowidth (c))
    return 0;
  return g_unichar_iswide (c) ? 2 : 1;
}

/* Cut the text to so many columns.  Returns how many it takes. */
static int
cut (GString *text, int columns)
{
  int width = 0;

  for (const char *p = text->str; *p != '\0'; p = g_utf8_next_char (p))
    {
      int cells = cell_width (g_utf8_get_char (p));

      if (width + cells > columns)
        {
          g_string_truncate (text, (gsize) (p - text->str));
          break;
        }
      width += cells;
    }
  return width;
}

static void
add_amount (GString *line, guint64 done, guint64 total, int columns)
{
  guint64 shown = MIN (done, total);

  if (total == 0)
    return;
  if (columns >= BAR_COLUMNS)
    {
      guint filled = (guint) (shown * BAR_WIDTH / total);

      g_string_append_c (line, '[');
      for (guint i = 0; i < BAR_WIDTH; i++)
        g_string_append_c (line, i < filled ? '#' : '.');
      g_string_append (line, "] ");
    }
  g_string_append_printf (line, "%3u%% ", (guint) (shown * 100 / total));
}

static void
add_head (GString *line, const Progress *progress, int columns)
{
  gboolean title = progress->what == NULL || columns >= BAR_COLUMNS;

  add_amount (line, progress->done, progress->total, columns);
  g_string_append_printf (line, "%s%s%s", title ? progress->title : "", title && progress->what != NULL ? ": " : "",
                          progress->what != NULL ? progress->what : "");
}

static void
add_bar (GString *line, const ProgressBar *bar, int columns)
{
  guint64 size = bar->total > 0 ? bar->total : bar->done;
  g_autofree char *text = size > 0 ? terminal_size (size) : NULL;

  g_string_append (line, columns >= BAR_COLUMNS ? "  " : "");
  add_amount (line, bar->done, bar->total, columns);
  if (text != NULL && columns >= BAR_COLUMNS)
    g_string_append_printf (line, "%s%s  ", bar->total > 0 ? "of " : "", text);
  g_string_append (line, bar->name);
}

/* To the beginning of what was drawn last. */
static void
add_way_back (GString *out, const Progress *progress, int columns)
{
  int rows = 0;

  for (guint i = 0; i < progress->widths->len; i++)
    rows += MAX (1, (g_array_index (progress->widths, int, i) + columns - 1) / columns);
  g_string_append_c (out, '\r');
  if (rows > 1)
    g_string_append_printf (out, "\033[%dA", rows - 1);
}

static void
put (const GString *out)
{
  fwrite (out->str, 1, out->len, stdout);
  fflush (stdout);
}

static void
draw (Progress *progress)
{
  g_autoptr (GString) out = g_string_new (NULL);
  int columns, rows;
  guint n;

  window_size (&columns, &rows);
  n = (guint) CLAMP (rows - 2, 0, BARS_MAX);
  n = MIN (n, progress->bars->len);
  add_way_back (out, progress, columns);
  g_array_set_size (progress->widths, 0);
  for (guint i = 0; i <= n; i++)
    {
      g_autoptr (GString) line = g_string_new (NULL);
      int width;

      if (i == 0)
        add_head (line, progress, columns);
      else
        add_bar (line, progress->bars->pdata[i - 1], columns);
      width = cut (line, columns - 3);
      g_string_append_printf (out, "%s%s\033[K", i > 0 ? "\n" : "", line->str);
      g_array_append_val (progress->widths, width);
    }
  g_string_append (out, "\033[J");
  drawn_lines = (sig_atomic_t) n + 1;
  put (out);
  progress->last_drawn = g_get_monotonic_time ();
}

static void
clear (Progress *progress)
{
  g_autoptr (GString) out = g_string_new (NULL);
  int columns, rows;

  if (progress->widths->len == 0)
    return;
  window_size (&columns, &rows);
  add_way_back (out, progress, columns);
  g_string_append (out, "\033[J");
  put (out);
  g_array_set_size (progress->widths, 0);
  drawn_lines = 0;
}

static gboolean
is_time (const Progress *progress)
{
  return g_get_monotonic_time () - progress->last_drawn >= REDRAW_INTERVAL;
}

/* ---- the job -------------------------------------------------------------------------------------------------------- */

Progress *
progress_new (const char *title)
{
  Progress *progress = g_new0 (Progress, 1);

  g_mutex_init (&progress->mutex);
  progress->title = terminal_escape (title, FALSE);
  progress->bars = g_ptr_array_new ();
  progress->widths = g_array_new (FALSE, FALSE, sizeof (int));
  progress->interactive = terminal_is_interactive ();
  if (progress->interactive)
    handle_signals ();
  return progress;
}

void
progress_step (Progress *progress, const char *what)
{
  if (progress == NULL)
    return;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&progress->mutex);
  g_free (progress->what);
  progress->what = terminal_escape (what, FALSE);
  progress->done = progress->total = 0;
  if (progress->interactive)
    draw (progress);
  else
    {
      printf ("%s: %s\n", progress->title, progress->what);
      fflush (stdout);
    }
}

void
progress_note (Progress *progress, const char *text)
{
  if (progress == NULL)
    return;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&progress->mutex);
  g_autofree char *safe = terminal_escape (text, FALSE);
  gboolean drawn = progress->widths->len > 0;

  clear (progress);
  printf ("%s: %s\n", progress->title, safe);
  fflush (stdout);
  if (drawn)
    draw (progress);
}

void
progress_set (Progress *progress, guint64 done, guint64 total)
{
  if (progress == NULL)
    return;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&progress->mutex);
  gboolean begins = progress->total == 0 && total > 0;

  progress->done = done;
  progress->total = total;
  if (progress->interactive && (begins || done >= total || is_time (progress)))
    draw (progress);
}

void
progress_free (Progress *progress)
{
  if (progress == NULL)
    return;
  clear (progress);
  if (progress->interactive)
    leave_signals ();
  g_mutex_clear (&progress->mutex);
  g_ptr_array_unref (progress->bars);
  g_array_unref (progress->widths);
  g_free (progress->title);
  g_free (progress->what);
  g_free (progress);
}

/* ---- things that are on their way beside each other ------------------------------------------------------------------- */

ProgressBar *
progress_bar_new (Progress *progress, const char *name)
{
  ProgressBar *bar;

  if (progress == NULL)
    return NULL;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&progress->mutex);
  bar = g_new0 (ProgressBar, 1);
  bar->progress = progress;
  bar->name = terminal_escape (name, FALSE);
  g_ptr_array_add (progress->bars, bar);
  if (progress->interactive)
    draw (progress);
  return bar;
}

void
progress_bar_set (ProgressBar *bar, guint64 done, guint64 total)
{
  if (bar == NULL)
    return;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&bar->progress->mutex);
  bar->done = done;
  bar->total = total;
  if (bar->progress->interactive && is_time (bar->progress))
    draw (bar->progress);
}

void
progress_bar_free (ProgressBar *bar)
{
  Progress *progress = bar != NULL ? bar->progress : NULL;

  if (bar == NULL)
    return;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&progress->mutex);
  g_ptr_array_remove (progress->bars, bar);
  if (progress->interactive && is_time (progress))
    draw (progress);
  g_free (bar->name);
  g_free (bar);
}
