/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/log.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/terminal.h"

#define TAIL_BYTES 16384
#define LINE_MAX_BYTES 4096

struct BuildLog
{
  char *path;
  int fd;
  int echo_fd;
  GString *tail;      /* end of the output */
  GString *line;      /* begun, not yet shown */
};

BuildLog *
build_log_open (int logs_fd, const char *logs_path, const char *name, int echo_fd, GError **error)
{
  g_autofree char *file = g_strconcat (name, ".log", NULL);
  g_autoptr (BuildLog) log = g_new0 (BuildLog, 1);

  log->path = g_build_filename (logs_path, file, NULL);
  log->echo_fd = echo_fd;
  log->tail = g_string_new (NULL);
  log->line = g_string_new (NULL);
  log->fd = file_open (logs_fd, file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0644, error);
  if (log->fd < 0)
    return NULL;
  return g_steal_pointer (&log);
}

void
build_log_free (BuildLog *log)
{
  if (log == NULL)
    return;
  file_close_fd (&log->fd);
  g_string_free (log->tail, TRUE);
  g_string_free (log->line, TRUE);
  g_free (log->path);
  g_free (log);
}

const char *
build_log_path (const BuildLog *log)
{
  return log->path;
}

/* Tabs become spaces: terminal_escape() would show them as control characters. */
static char *
expand_tabs (const char *text)
{
  g_autoptr (GString) result = g_string_new (NULL);
  unsigned column = 0;

  for (; *text != '\0'; text++)
    if (*text == '\t')
      do
        g_string_append_c (result, ' ');
      while (++column % 8 != 0);
    else
      {
        g_string_append_c (result, *text);
        column = *text == '\n' ? 0 : column + 1;
      }
  return g_strdup (result->str);
}

/* Whole lines only: an escape sequence or a character that is cut in two could not be recognised. */
static void
echo (BuildLog *log, const char *data, gsize length)
{
  g_string_append_len (log->line, data, (gssize) length);
  const char *newline = memrchr (log->line->str, '\n', log->line->len);
  gsize ready = newline != NULL ? (gsize) (newline - log->line->str) + 1 : 0;
  if (ready == 0 && log->line->len > LINE_MAX_BYTES)
    ready = log->line->len;
  if (ready == 0)
    return;
  g_autofree char *text = g_strndup (log->line->str, ready);
  g_autofree char *spaced = expand_tabs (text);
  g_autofree char *safe = terminal_escape (spaced, TRUE);
  (void) file_write_all (log->echo_fd, "output", safe, strlen (safe), NULL); /* the log file has it too */
  g_string_erase (log->line, 0, (gssize) ready);
}

void
build_log_add (BuildLog *log, const char *data, gsize length)
{
  (void) file_write_all (log->fd, log->path, data, length, NULL); /* a full disk fails the build itself, with its own message */
  g_string_append_len (log->tail, data, (gssize) length);
  if (log->tail->len > 2 * TAIL_BYTES)
    g_string_erase (log->tail, 0, (gssize) (log->tail->len - TAIL_BYTES));
  if (log->echo_fd >= 0)
    echo (log, data, length);
}

void
build_log_note (BuildLog *log, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  g_autofree char *line = g_strconcat ("== ", text, "\n", NULL);
  build_log_add (log, line, strlen (line));
}

char *
build_log_tail (const BuildLog *log, unsigned n)
{
  const char *start = log->tail->str + log->tail->len;
  GString *text = g_string_new (NULL);

  /* The last newline ends the last line and doesn't begin another. */
  if (start > log->tail->str && start[-1] == '\n')
    start--;
  while (start > log->tail->str && (start[-1] != '\n' || --n > 0))
    start--;
  g_autofree char *spaced = expand_tabs (start);
  g_auto (GStrv) lines = g_strsplit (spaced, "\n", -1);
  for (gsize i = 0; lines[i] != NULL; i++)
    if (lines[i + 1] != NULL || *lines[i] != '\0')
      g_string_append_printf (text, "    %s\n", lines[i]);
  if (text->len > 0)
    g_string_truncate (text, text->len - 1);
  return g_string_free (text, FALSE);
}
