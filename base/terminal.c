/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/terminal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Characters that change how the text around them is shown, or that cannot be seen. */
static gboolean
is_deceptive (gunichar c)
{
  return c < 0x20 || c == 0x7f || (c >= 0x80 && c <= 0x9f) || c == 0xad || c == 0x61c || c == 0x180e
         || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f)
         || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

char *
terminal_escape (const char *text, gboolean keep_newlines)
{
  GString *out = g_string_new (NULL);

  for (const char *p = text; *p != '\0';)
    {
      gunichar c = g_utf8_get_char_validated (p, -1);

      if (c == (gunichar) -1 || c == (gunichar) -2)
        {
          g_string_append_printf (out, "\\x%02x", (unsigned) (guchar) *p);
          p++;
          continue;
        }
      const char *next = g_utf8_next_char (p);
      if (c == '\n' && keep_newlines)
        g_string_append_c (out, '\n');
      else if (c == '\n')
        g_string_append (out, "\\n");
      else if (c == '\t')
        g_string_append (out, "\\t");
      else if (is_deceptive (c))
        g_string_append_printf (out, c < 0x100 ? "\\x%02x" : "\\u%04x", c);
      else
        g_string_append_len (out, p, next - p);
      p = next;
    }
  return g_string_free (out, FALSE);
}

char *
terminal_size (guint64 bytes)
{
  char *text = g_format_size (bytes);
  char *space = strstr (text, "\302\240"); /* one that does not break; not all terminals know it */

  if (space != NULL)
    {
      *space = ' ';
      memmove (space + 1, space + 2, strlen (space + 2) + 1);
    }
  return text;
}

gboolean
terminal_is_interactive (void)
{
  const char *term = g_getenv ("TERM");

  return isatty (STDOUT_FILENO) && term != NULL && strcmp (term, "dumb") != 0;
}

/* `code` where the reader wants to see styles, else nothing. */
static const char *
style (const char *code)
{
  const char *no_color = g_getenv ("NO_COLOR");

  return (no_color != NULL && no_color[0] != '\0') || !terminal_is_interactive () ? "" : code;
}

static void
print_cells (const char *const *cells, const gsize *widths)
{
  for (gsize i = 0; cells[i] != NULL; i++)
    {
      g_autofree char *safe = terminal_escape (cells[i], FALSE);

      fputs (safe, stdout);
      if (cells[i + 1] != NULL)
        for (gsize pad = (gsize) g_utf8_strlen (safe, -1); pad < widths[i] + 2; pad++)
          fputc (' ', stdout);
    }
  fputc ('\n', stdout);
}

static void
widen (const char *const *cells, GArray *widths)
{
  for (gsize i = 0; cells[i] != NULL; i++)
    {
      g_autofree char *safe = terminal_escape (cells[i], FALSE);
      gsize width = (gsize) g_utf8_strlen (safe, -1);

      if (i >= widths->len)
        g_array_append_val (widths, width);
      else
        g_array_index (widths, gsize, i) = MAX (g_array_index (widths, gsize, i), width);
    }
}

void
terminal_table (const char *const *header, GPtrArray *rows)
{
  g_autoptr (GArray) widths = g_array_new (FALSE, TRUE, sizeof (gsize));

  if (header != NULL)
    widen (header, widths);
  for (guint i = 0; i < rows->len; i++)
    widen (rows->pdata[i], widths);
  if (header != NULL)
    {
      fputs (style ("\033[1m"), stdout);
      print_cells (header, (const gsize *) (gconstpointer) widths->data);
      fputs (style ("\033[0m"), stdout);
    }
  for (guint i = 0; i < rows->len; i++)
    print_cells (rows->pdata[i], (const gsize *) (gconstpointer) widths->data);
}
