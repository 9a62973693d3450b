/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/manifest/text.h"

#include "builder/manifest/json-shape.h"
#include "builder/manifest/problem.h"

#include <string.h>

typedef struct
{
  const char *file;
  const char *p, *end;
  unsigned line, column;
  const char *data;
  gboolean compat;
  JsonShape *shape;
  GString *out;
  gsize key_end;               /* in `out`, behind the last string, when that has content */
  unsigned key_line;
  GPtrArray *strings;
  unsigned strings_max;
  GPtrArray *problems;
} Scan;

static ManifestPlace
scan_place (const Scan *scan)
{
  return (ManifestPlace) { scan->file, scan->line, scan->column };
}

static void scan_complain (const Scan *scan, ManifestPlace place, gboolean is_error, const char *format, ...) G_GNUC_PRINTF (4, 5);

static void
scan_complain (const Scan *scan, ManifestPlace place, gboolean is_error, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  manifest_problem_add (scan->problems, place, is_error, is_error ? "syntax" : "lenient", "%s", text);
  manifest_problem_show_line (scan->problems, scan->data);
}

/* One character on; in the output it is `as`, a line break stays one. */
static void
scan_skip (Scan *scan, char as)
{
  if (*scan->p == '\n')
    {
      g_string_append_c (scan->out, '\n');
      scan->line++;
      scan->column = 1;
    }
  else
    {
      g_string_append_c (scan->out, *scan->p == '\r' ? ' ' : as);
      scan->column++;
    }
  scan->p = g_utf8_next_char (scan->p);
}

static gboolean
scan_at (const Scan *scan, const char *text)
{
  gsize length = strlen (text);

  return (gsize) (scan->end - scan->p) >= length && memcmp (scan->p, text, length) == 0;
}

static gboolean
scan_comment (Scan *scan)
{
  ManifestPlace start = scan_place (scan);

  if (!scan_at (scan, "/*"))
    {
      while (scan->p < scan->end && *scan->p != '\n')
        scan_skip (scan, ' ');
      return TRUE;
    }
  scan_skip (scan, ' ');
  scan_skip (scan, ' ');
  while (scan->p < scan->end && !scan_at (scan, "*/"))
    scan_skip (scan, ' ');
  if (scan->p >= scan->end)
    {
      scan_complain (scan, start, TRUE, "this comment has no end; \"*/\" is missing");
      return FALSE;
    }
  scan_skip (scan, ' ');
  scan_skip (scan, ' ');
  return TRUE;
}

/* Four hexadecimal digits behind "\u". */
static gboolean
scan_unit (Scan *scan, gunichar *ret_unit)
{
  gunichar unit = 0;

  for (int i = 0; i < 4; i++)
    {
      if (scan->p >= scan->end || !g_ascii_isxdigit (*scan->p))
        {
          scan_complain (scan, scan_place (scan), TRUE, "\"\\u\" needs four hexadecimal digits");
          return FALSE;
        }
      unit = unit * 16 + (gunichar) g_ascii_xdigit_value (*scan->p);
      scan_skip (scan, 'x');
    }
  *ret_unit = unit;
  return TRUE;
}

/* Characters beyond U+FFFF are written as two units, high and low surrogate. */
static gboolean
scan_unicode (Scan *scan, GString *text, ManifestPlace start)
{
  gunichar c, low = 0;

  if (!scan_unit (scan, &c))
    return FALSE;
  if (c >= 0xd800 && c < 0xdc00 && scan_at (scan, "\\u"))
    {
      scan_skip (scan, 'x');
      scan_skip (scan, 'x');
      if (!scan_unit (scan, &low))
        return FALSE;
      if (low >= 0xdc00 && low < 0xe000)
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
  if (c == 0 || (c >= 0xd800 && c < 0xe000))
    {
      scan_complain (scan, start, TRUE, "\"\\u%04x\" %s", c,
                     c == 0 ? "is NUL, which no text here may contain" : "is half of a character; the other half is missing");
      return FALSE;
    }
  g_string_append_unichar (text, c);
  return TRUE;
}

static gboolean
scan_escape (Scan *scan, GString *text)
{
  static const char letters[] = "\"\\/bfnrt";
  static const char meanings[] = "\"\\/\b\f\n\r\t";
  ManifestPlace start = scan_place (scan);
  const char *found;

  scan_skip (scan, 'x');
  if (scan->p < scan->end && *scan->p == 'u')
    {
      scan_skip (scan, 'x');
      return scan_unicode (scan, text, start);
    }
  found = scan->p < scan->end ? strchr (letters, *scan->p) : NULL;
  if (found != NULL && *found != '\0')
    g_string_append_c (text, meanings[found - letters]);
  else if (scan->p < scan->end)
    {
      int length = (int) (g_utf8_next_char (scan->p) - scan->p);

      scan_complain (scan, start, !scan->compat, "there is no escape \"\\%.*s\"; a backslash itself is written \"\\\\\"%s", length, scan->p,
                     scan->compat ? ", and this one is left out" : "");
      g_string_append_len (text, scan->p, length);
    }
  if (scan->p < scan->end)
    scan_skip (scan, 'x');
  return TRUE;
}

/* In single quotes a backslash is one. */
static gboolean
scan_string (Scan *scan)
{
  g_autoptr (GString) text = g_string_new (NULL);
  ManifestPlace start = scan_place (scan);
  char quote = *scan->p;

  scan_skip (scan, '"');
  while (scan->p < scan->end && *scan->p != quote)
    {
      const char *from = scan->p;

      if (*from == '\\' && quote == '"')
        {
          if (!scan_escape (scan, text))
            return FALSE;
          continue;
        }
      scan_skip (scan, 'x');
      if (*from != '\r')
        g_string_append_len (text, from, scan->p - from);
    }
  if (scan->p >= scan->end)
    {
      scan_complain (scan, start, TRUE, "this text has no end; a %s quote is missing", quote == '"' ? "double" : "single");
      return FALSE;
    }
  scan_skip (scan, '"');
  if (quote != '"')
    scan_complain (scan, start, !scan->compat, "texts stand in double quotes in JSON, not in single ones");
  if (scan->strings->len >= scan->strings_max)
    {
      manifest_problem_error (scan->problems, start, "limit", "too many texts; a manifest may have %u values",
                              scan->strings_max);
      return FALSE;
    }
  g_ptr_array_add (scan->strings, g_strdup (text->str));
  scan->key_end = text->len > 0 ? scan->out->len : 0;
  scan->key_line = scan->line;
  return json_shape_token (scan->shape, '"', text->str, start, scan_place (scan));
}

/* YAML wants the colon on the key's line.  What stands in the key is filler, so there is room for it. */
static gboolean
scan_late_colon (Scan *scan)
{
  if (*scan->p != ':' || scan->key_end == 0 || scan->key_line == scan->line)
    return FALSE;
  scan->out->str[scan->key_end - 2] = '"';
  scan->out->str[scan->key_end - 1] = ':';
  scan_skip (scan, ' ');
  return TRUE;
}

static gboolean
scan_word (Scan *scan)
{
  const char *from = scan->p;
  ManifestPlace start = scan_place (scan);
  g_autofree char *word = NULL;

  while (scan->p < scan->end && (g_ascii_isalnum (*scan->p) || strchr ("+-._", *scan->p) != NULL))
    scan_skip (scan, *scan->p);
  word = g_strndup (from, (gsize) (scan->p - from));
  return json_shape_token (scan->shape, 'a', word, start, scan_place (scan));
}

static gboolean
scan_unknown (const Scan *scan)
{
  if (*scan->p == '=')
    scan_complain (scan, scan_place (scan), TRUE, "between a key and its value stands a ':' in JSON, no '='");
  else if (*scan->p == ';')
    scan_complain (scan, scan_place (scan), TRUE, "behind a value stands a ',' in JSON, no ';'");
  else
    scan_complain (scan, scan_place (scan), TRUE, "unexpected '%.*s'; texts are in double quotes in JSON",
                   (int) (g_utf8_next_char (scan->p) - scan->p), scan->p);
  return FALSE;
}

static gboolean
scan_other (Scan *scan)
{
  const char text[] = { *scan->p, '\0' };
  gboolean blank = strchr (" \t\r\n", *scan->p) != NULL;
  ManifestPlace start = scan_place (scan);

  if (blank || strchr ("{}[]:,", *scan->p) != NULL)
    {
      if (!scan_late_colon (scan))
        {
          scan->key_end = blank ? scan->key_end : 0;
          scan_skip (scan, blank ? ' ' : *scan->p);
        }
      return blank || json_shape_token (scan->shape, *text, text, start, scan_place (scan));
    }
  scan->key_end = 0;
  return g_ascii_isalnum (*scan->p) || strchr ("+-._", *scan->p) != NULL ? scan_word (scan) : scan_unknown (scan);
}

char *
manifest_json_prepare (const char *file, const char *data, gsize length, const ManifestBudget *budget, GPtrArray **ret_strings,
                       GPtrArray *problems)
{
  g_autoptr (JsonShape) shape = json_shape_new (data, problems);
  g_autoptr (GString) out = g_string_sized_new (length + 1);
  g_autoptr (GPtrArray) strings = g_ptr_array_new_with_free_func (g_free);
  Scan scan = { .file = file, .p = data, .end = data + length, .line = 1, .column = 1, .data = data, .out = out,
                .compat = budget->compat, .shape = shape, .strings = strings, .strings_max = budget->nodes, .problems = problems };

  while (scan.p < scan.end)
    {
      gboolean ok;

      if (*scan.p == '"' || *scan.p == '\'')
        ok = scan_string (&scan);
      else if (*scan.p == '#' || scan_at (&scan, "//") || scan_at (&scan, "/*"))
        ok = scan_comment (&scan);
      else
        ok = scan_other (&scan);
      if (!ok)
        return NULL;
    }
  if (!json_shape_end (shape))
    return NULL;
  *ret_strings = g_steal_pointer (&strings);
  return g_string_free (g_steal_pointer (&out), FALSE);
}

gboolean
manifest_json_is_word (const char *text)
{
  char *end;

  if (g_str_equal (text, "null") || g_str_equal (text, "true") || g_str_equal (text, "false"))
    return TRUE;
  if (!g_ascii_isdigit (text[text[0] == '-' ? 1 : 0]))
    return FALSE;
  (void) g_ascii_strtod (text, &end);
  return *end == '\0' && strpbrk (text, "xXpP") == NULL;
}
