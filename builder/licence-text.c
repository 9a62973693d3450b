/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A text is compared as its words: letters and digits in lower case, one blank between.  Long licences are known by the SHA-256 of the
 * words of their terms, which no address or how-to is part of; short ones by the words themselves, where "*" stands for a name.
 */
#include "builder/licence-text.h"

#include <string.h>

/* Words that may come before the terms, and behind them. */
#define HEAD_MAX 7000
#define TAIL_MAX 4000

typedef struct
{
  const char *id, *title;      /* how the text begins */
  const char *from, *to;       /* the terms: from the first of these to the last of those, which is not part of them */
  const char *sha256;
  const char *tail;            /* what may follow begins so; NULL: nothing */
} LongLicence;

#define GNU_TERMS "terms and conditions for copying"
#define END_OF_TERMS "end of terms and conditions"
#define HOW_TO "how to apply these terms"

static const LongLicence long_licences[] = {
  { "GPL-2.0-only", "gnu general public license version 2", GNU_TERMS, END_OF_TERMS,
    "7be2eed84b8f75205aee724cab9b6aba76152770b4c8daa01e8dd143a3328c0d", HOW_TO },
  { "GPL-3.0-only", "gnu general public license version 3", "terms and conditions definitions", END_OF_TERMS,
    "40757795e8000f6cf7ed71a8a818c44d33a86fdc6274bb9f76177f4f5cf870bf", HOW_TO },
  { "LGPL-2.0-only", "gnu library general public license version 2", GNU_TERMS, END_OF_TERMS,
    "c94a23ede636d79717e2f8a7eae5031958c31c699eed3e186d7c83defeb60ee2", HOW_TO },
  { "LGPL-2.1-only", "gnu lesser general public license version 2 1", GNU_TERMS, END_OF_TERMS,
    "e173c423bdfcbbd87bbee64862c12bde18bdfb4ce30b083c4a3812f795aec633", HOW_TO },
  { "LGPL-3.0-only", "gnu lesser general public license version 3", "this version of the gnu lesser", "choose that version for the library",
    "3166a2dac2956c9b6af952e6a4b87367be210e9db7f17322ff6683347e2793c9", NULL },
  { "Apache-2.0", "apache license version 2 0", "terms and conditions for use", END_OF_TERMS,
    "dc6739964bd6e2eccf57de1343de1e18d33be0a722d69944cdb481f81179a586", "appendix how to apply" },
  { "MPL-2.0", "mozilla public license version 2 0", "definitions 1 1 contributor means", "exhibit b incompatible",
    "7e08fe469eef3038b47f2489987f2afb69bbff282a8b6c52ef88d19b3c830f2b", "with secondary licenses notice" },
  { "CC0-1.0", "creative commons legal code cc0 1 0 universal", "statement of purpose", "with respect to this cc0 or use of the work",
    "40d4040aa2164cf300a089e73a857c9817192eff826ad7083c7a73415b7bce50", NULL },
};

#define AS_IS "the software is provided as is without warranty of any kind express or implied including but not limited to " \
  "the warranties " \
  "of merchantability fitness for a particular purpose and noninfringement in no event shall the authors or copyright holders be liable "  \
  "for any claim damages or other liability whether in an action of contract tort or otherwise arising from out of or in connection with " \
  "the software or the use or other dealings in the software"
#define BSD_HEAD "redistribution and use in source and binary forms with or without modification are permitted provided that " \
  "the following " \
  "conditions are met redistributions of source code must retain the above copyright notice this list of conditions and the " \
  "following " \
  "disclaimer redistributions in binary form must reproduce the above copyright notice this list of conditions and the " \
  "following " \
  "disclaimer in the documentation and or other materials provided with the distribution "
#define BSD_TAIL "this software is provided by * as is and any express or implied warranties including but not limited to the implied "    \
  "warranties of merchantability and fitness for a particular purpose are disclaimed in no event shall * be liable for any " \
  "direct indirect " \
  "incidental special exemplary or consequential damages including but not limited to procurement of substitute goods or " \
  "services loss of " \
  "use data or profits or business interruption however caused and on any theory of liability whether in contract strict " \
  "liability or " \
  "tort including negligence or otherwise arising in any way out of the use of this software even if advised of the " \
  "possibility of such " \
  "damage"

static const struct { const char *id, *words; } short_licences[] = {
  { "MIT", "permission is hereby granted free of charge to any person obtaining a copy of this software and associated documentation files "
           "the software to deal in the software without restriction including without limitation the rights to use copy modify merge "
           "publish distribute sublicense and or sell copies of the software and to permit persons to whom the software is furnished to do "
           "so subject to the following conditions the above copyright notice and this permission notice shall be included "
           "in all copies or "
           "substantial portions of the software " AS_IS },
  { "BSD-2-Clause", BSD_HEAD BSD_TAIL },
  { "BSD-3-Clause", BSD_HEAD "neither the name of * may be used to endorse or promote products derived from this software without specific "
                    "prior written permission " BSD_TAIL },
  { "ISC", "permission to use copy modify and or distribute this software for any purpose with or without fee is hereby granted provided "
           "that the above copyright notice and this permission notice appear in all copies the software is provided as is and * disclaims "
           "all warranties with regard to this software including all implied warranties of merchantability and fitness in "
           "no event shall * "
           "be liable for any special direct indirect or consequential damages or any damages whatsoever resulting from loss "
           "of use data or "
           "profits whether in an action of contract negligence or other tortious action arising out of or in connection with the use or "
           "performance of this software" },
  { "Zlib", "this software is provided as is without any express or implied warranty in no event will the authors be held liable for any "
            "damages arising from the use of this software permission is granted to anyone to use this software for any purpose including "
            "commercial applications and to alter it and redistribute it freely subject to the following restrictions the origin of this "
            "software must not be misrepresented you must not claim that you wrote the original software if you use this software in a "
            "product an acknowledgment in the product documentation would be appreciated but is not required altered source "
            "versions must be "
            "plainly marked as such and must not be misrepresented as being the original software this notice may not be "
            "removed or altered "
            "from any source distribution" },
};

/* Behind the bullet or number that a line begins with: "* ", "1. ", "(a) ". */
static const char *
skip_bullet (const char *line)
{
  const char *at = line + strspn (line, " \t");
  const char *end = at;

  if (*at == '*' || *at == '-')
    end = at + strspn (at, "*-");
  else
    {
      gboolean open = *at == '(';
      const char *mark = at + open;
      gsize n = 0;

      while (n < 3 && g_ascii_isalnum (mark[n]))
        n++;
      if (n == 0 || n > 2 || (mark[n] != ')' && (open || mark[n] != '.')))
        return line;
      end = mark + n + 1;
    }
  return *end == ' ' || *end == '\t' || *end == '\n' || *end == '\r' || *end == '\0' ? end : line;
}

static void
append_words (GString *words, const char *line, gsize length)
{
  gboolean gap = TRUE;

  for (gsize i = 0; i < length; i++)
    if (g_ascii_isalnum (line[i]))
      {
        if (gap && words->len > 0)
          g_string_append_c (words, ' ');
        g_string_append_c (words, g_ascii_tolower (line[i]));
        gap = FALSE;
      }
    else
      gap = TRUE;
}

/* Lines that only say whose it is, or name the licence. */
static gboolean
is_notice (const char *words)
{
  static const char *const titles[] = { "mit license", "the mit license", "the mit license mit", "mit license mit", "expat license",
                                        "isc license", "the isc license", "isc license isc", "the isc license isc", "bsd 2 clause license",
                                        "bsd 3 clause license", "the bsd 2 clause license", "the bsd 3 clause license", "bsd license",
                                        "new bsd license", "zlib license", "the zlib license", "all rights reserved", NULL };

  return *words == '\0' || g_str_has_prefix (words, "copyright") || g_str_has_prefix (words, "c 19") || g_str_has_prefix (words, "c 20")
         || g_strv_contains (titles, words);
}

/* All words; with `notices` FALSE, without lines that are notices at the beginning. */
static char *
words_of (const char *text, gboolean notices)
{
  GString *words = g_string_new (NULL);

  for (const char *line = text; *line != '\0';)
    {
      gsize length = strcspn (line, "\n");
      const char *begin = skip_bullet (line);
      g_autoptr (GString) own = g_string_new (NULL);

      begin = begin > line + length ? line + length : begin;
      append_words (own, begin, length - (gsize) (begin - line));
      if (own->len > 0 && (notices || words->len > 0 || !is_notice (own->str)))
        g_string_append_printf (words, "%s%s", words->len > 0 ? " " : "", own->str);
      line += length + (line[length] != '\0');
    }
  return g_string_free (words, FALSE);
}

static gboolean
is_long (const LongLicence *licence, const char *words)
{
  const char *from, *to, *rest;

  if (!g_str_has_prefix (words, licence->title))
    return FALSE;
  from = strstr (words, licence->from);
  to = from != NULL ? g_strrstr (from, licence->to) : NULL;
  if (to == NULL || from - words > HEAD_MAX)
    return FALSE;
  rest = to + strlen (licence->to);
  rest += *rest == ' ';
  if (*rest != '\0' && (licence->tail == NULL || !g_str_has_prefix (rest, licence->tail) || strlen (rest) > TAIL_MAX))
    return FALSE;
  g_autofree char *sum = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) from, (gsize) (to - from));
  return strcmp (sum, licence->sha256) == 0;
}

/* "*" in the pattern stands for up to 200 signs. */
static gboolean
matches (const char *pattern, const char *words)
{
  const char *star = strchr (pattern, '*');
  gsize length = star != NULL ? (gsize) (star - pattern) : strlen (pattern);

  if (strncmp (pattern, words, length) != 0)
    return FALSE;
  if (star == NULL)
    return words[length] == '\0';
  for (gsize n = 1; n <= 200 && words[length + n - 1] != '\0'; n++)
    if (words[length + n] == star[1] && matches (star + 1, words + length + n))
      return TRUE;
  return FALSE;
}

const char *
licence_recognise (const char *text)
{
  g_autofree char *all = words_of (text, TRUE);
  g_autofree char *terms = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (long_licences); i++)
    if (is_long (&long_licences[i], all))
      return long_licences[i].id;
  terms = words_of (text, FALSE);
  for (gsize i = 0; i < G_N_ELEMENTS (short_licences); i++)
    if (matches (short_licences[i].words, terms))
      return short_licences[i].id;
  return NULL;
}
