/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/manifest/text.h"

#include "builder/manifest/problem.h"

#include <string.h>

static ManifestPlace
place_of (const char *file, const char *data, const char *at)
{
  ManifestPlace place = { file, 1, 1 };

  for (const char *p = data; p < at; p++)
    if (*p == '\n')
      {
        place.line++;
        place.column = 1;
      }
    else if ((*p & 0xc0) != 0x80)
      place.column++;
  return place;
}

/* What YAML calls printable; JSON files are held to the same. */
static gboolean
is_text (gunichar c)
{
  if (c < 0x20)
    return c == '\t' || c == '\n' || c == '\r';
  if (c >= 0x7f && c < 0xa0)
    return c == 0x85;
  return c != 0xfffe && c != 0xffff;
}

gboolean
manifest_text_check (const char *file, const char *data, gsize length, GPtrArray *problems)
{
  const char *nul = memchr (data, 0, length);
  const char *bad;

  if (g_str_has_prefix (data, "\xff\xfe") || g_str_has_prefix (data, "\xfe\xff"))
    {
      manifest_problem_error (problems, (ManifestPlace) { file, 1, 1 }, "encoding", "the file is UTF-16; save it as UTF-8");
      return FALSE;
    }
  if (nul != NULL)
    {
      manifest_problem_error (problems, place_of (file, data, nul), "encoding", "there is a NUL byte; a manifest is UTF-8 text");
      return FALSE;
    }
  if (!g_utf8_validate (data, (gssize) length, &bad))
    {
      manifest_problem_error (problems, place_of (file, data, bad), "encoding",
                              "byte 0x%02x is not valid UTF-8; save the file in that encoding", (guchar) *bad);
      return FALSE;
    }
  for (const char *p = data; p < data + length; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (is_text (c))
        continue;
      manifest_problem_error (problems, place_of (file, data, p), "encoding",
                              "control character U+%04X; write it as an escape in a quoted text", c);
      return FALSE;
    }
  return TRUE;
}

static const char *
next_line (const char *line)
{
  static const char *const ends[] = { "\n", "\r", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9" };

  for (; *line != '\0'; line++)
    for (gsize i = 0; strchr ("\n\r\xc2\xe2", *line) != NULL && i < G_N_ELEMENTS (ends); i++)
      if (g_str_has_prefix (line, ends[i]))
        return line + strlen (ends[i]);
  return NULL;
}

gboolean
manifest_yaml_check (const char *file, const char *data, GPtrArray *problems)
{
  const char *line = data;

  /* Every character that ends a line for a parser of YAML 1.1. */
  while (line != NULL && *line != '\0')
    {
      if (g_str_has_prefix (line, "%TAG"))
        {
          manifest_problem_error (problems, place_of (file, data, line), "syntax", "tags have no meaning in a manifest");
          return FALSE;
        }
      line = next_line (line);
    }
  return TRUE;
}
