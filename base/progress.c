/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/terminal.h"

#define REDRAW_INTERVAL (G_USEC_PER_SEC / 20)
#define BAR_WIDTH 20

struct Progress
{
  char *title;
  char *what;
  guint64 done, total;
  gint64 last_drawn;
  gboolean interactive;
  gboolean drawn;
};

static int
terminal_columns (void)
{
  struct winsize size;

  if (ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return size.ws_col;
  return 80;
}

/* The first `columns` characters of `text`, so that the line never wraps and \r always finds its start. */
static char *
cut (const char *text, int columns)
{
  if (g_utf8_strlen (text, -1) <= columns)
    return g_strdup (text);
  return g_utf8_substring (text, 0, columns);
}

static void
draw (Progress *progress)
{
  g_autoptr (GString) line = g_string_new (NULL);

  if (progress->total > 0)
    {
      guint filled = (guint) (MIN (progress->done, progress->total) * BAR_WIDTH / progress->total);
      g_string_append_c (line, '[');
      for (guint i = 0; i < BAR_WIDTH; i++)
        g_string_append_c (line, i < filled ? '#' : '.');
      g_string_append_printf (line, "] %3u%% ",
                              (guint) (MIN (progress->done, progress->total) * 100 / progress->total));
    }
  g_string_append_printf (line, "%s%s%s", progress->title, progress->what != NULL ? ": " : "",
                          progress->what != NULL ? progress->what : "");
  g_autofree char *shown = cut (line->str, terminal_columns () - 1);
  printf ("\r\033[K%s", shown);
  fflush (stdout);
  progress->drawn = TRUE;
  progress->last_drawn = g_get_monotonic_time ();
}

Progress *
progress_new (const char *title)
{
  Progress *progress = g_new0 (Progress, 1);

  progress->title = terminal_escape (title, FALSE);
  progress->interactive = terminal_is_interactive ();
  return progress;
}

void
progress_step (Progress *progress, const char *what)
{
  if (progress == NULL)
    return;
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
progress_set (Progress *progress, guint64 done, guint64 total)
{
  if (progress == NULL)
    return;
  progress->done = done;
  progress->total = total;
  if (progress->interactive
      && (done >= total || g_get_monotonic_time () - progress->last_drawn >= REDRAW_INTERVAL))
    draw (progress);
}

void
progress_free (Progress *progress)
{
  if (progress == NULL)
    return;
  if (progress->drawn)
    {
      fputs ("\r\033[K", stdout);
      fflush (stdout);
    }
  g_free (progress->title);
  g_free (progress->what);
  g_free (progress);
}
