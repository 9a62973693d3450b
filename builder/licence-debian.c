/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The format is that of https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/: paragraphs of fields, of which each
 * "License" has a short name in its first line, or several with and, or and commas, and below it the text, here or in another paragraph.
 */
#include "builder/licence-debian.h"

#include <string.h>

#include "builder/licence-text.h"

#define LINES_MAX 200000
#define LICENCES_MAX 500

/* In lower case. */
static const struct { const char *debian, *spdx; } names[] = {
  { "agpl-3", "AGPL-3.0-only" }, { "agpl-3+", "AGPL-3.0-or-later" },
  { "apache-1.0", "Apache-1.0" }, { "apache-1.1", "Apache-1.1" }, { "apache-2", "Apache-2.0" }, { "apache-2.0", "Apache-2.0" },
  { "artistic-2.0", "Artistic-2.0" }, { "bsd-2-clause", "BSD-2-Clause" }, { "bsd-3-clause", "BSD-3-Clause" },
  { "bsd-4-clause", "BSD-4-Clause" }, { "bsl-1.0", "BSL-1.0" }, { "bzip2-1.0.6", "bzip2-1.0.6" },
  { "cc-by-3.0", "CC-BY-3.0" }, { "cc-by-4.0", "CC-BY-4.0" }, { "cc-by-sa-3.0", "CC-BY-SA-3.0" }, { "cc-by-sa-4.0", "CC-BY-SA-4.0" },
  { "cc0", "CC0-1.0" }, { "cc0-1.0", "CC0-1.0" }, { "cddl-1.0", "CDDL-1.0" }, { "cddl-1.1", "CDDL-1.1" }, { "curl", "curl" },
  { "efl-2.0", "EFL-2.0" }, { "epl-1.0", "EPL-1.0" }, { "epl-2.0", "EPL-2.0" }, { "expat", "MIT" }, { "fsfap", "FSFAP" },
  { "fsful", "FSFUL" }, { "fsfullr", "FSFULLR" }, { "ftl", "FTL" },
  { "gpl-1", "GPL-1.0-only" }, { "gpl-1+", "GPL-1.0-or-later" }, { "gpl-2", "GPL-2.0-only" }, { "gpl-2+", "GPL-2.0-or-later" },
  { "gpl-3", "GPL-3.0-only" }, { "gpl-3+", "GPL-3.0-or-later" }, { "isc", "ISC" },
  { "lgpl-2", "LGPL-2.0-only" }, { "lgpl-2+", "LGPL-2.0-or-later" }, { "lgpl-2.1", "LGPL-2.1-only" },
  { "lgpl-2.1+", "LGPL-2.1-or-later" }, { "lgpl-3", "LGPL-3.0-only" }, { "lgpl-3+", "LGPL-3.0-or-later" },
  { "mpl-1.0", "MPL-1.0" }, { "mpl-1.1", "MPL-1.1" }, { "mpl-2.0", "MPL-2.0" }, { "ofl-1.0", "OFL-1.0" }, { "ofl-1.1", "OFL-1.1" },
  { "python-2.0", "Python-2.0" }, { "unicode-dfs-2015", "Unicode-DFS-2015" }, { "unicode-dfs-2016", "Unicode-DFS-2016" },
  { "unlicense", "Unlicense" }, { "zlib", "Zlib" }, { "zpl-2.1", "ZPL-2.1" },
  { "apache-2.0 with llvm exception", "Apache-2.0 WITH LLVM-exception" },
  { "gpl-2 with linux-syscall-note exception", "GPL-2.0-only WITH Linux-syscall-note" },
  { "gpl-2+ with font exception", "GPL-2.0-or-later WITH Font-exception-2.0" },
  { "gpl-2+ with libtool exception", "GPL-2.0-or-later WITH Libtool-exception" },
  { "gpl-3+ with bison exception", "GPL-3.0-or-later WITH Bison-exception-2.2" },
};

typedef struct
{
  GPtrArray *all;            /* char *: what the License fields say, each once, as they come */
  GHashTable *texts;         /* short name in lower case -> text */
  LicenceReference reference;
  gpointer data;
} Copyright;

const char *
licence_of_short_name (const char *name)
{
  g_autofree char *lower = g_ascii_strdown (name, -1);
  gsize length = strlen (lower);

  /* "GPL-2.0+" is "GPL-2+". */
  char *zero = strstr (lower, ".0");
  if (zero != NULL && strstr (lower, "gpl-") != NULL && (zero[2] == '\0' || zero[2] == '+' || zero[2] == ' '))
    memmove (zero, zero + 2, length - (gsize) (zero - lower) - 1);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (strcmp (names[i].debian, lower) == 0)
      return names[i].spdx;
  return NULL;
}

/* One licence, maybe with an exception. */
static char *
term_id (const Copyright *copyright, const char *name)
{
  g_autofree char *lower = g_ascii_strdown (name, -1);
  const char *known = licence_of_short_name (name);
  const char *text = g_hash_table_lookup (copyright->texts, lower);

  if (known == NULL && text != NULL)
    known = licence_recognise (text);
  return known != NULL ? g_strdup (known) : copyright->reference (name, text != NULL ? text : name, copyright->data);
}

/* What stands between two commas; "and" binds more than "or", as in SPDX. */
static char *
group_expression (const Copyright *copyright, const char *group, gboolean *ret_simple)
{
  g_auto (GStrv) ors = g_strsplit (group, " or ", -1);
  g_autoptr (GString) result = g_string_new (NULL);

  *ret_simple = ors[0] == NULL || ors[1] == NULL;
  for (gsize i = 0; ors[i] != NULL; i++)
    {
      g_auto (GStrv) ands = g_strsplit (ors[i], " and ", -1);

      if (ands[0] == NULL)
        return NULL;
      for (gsize j = 0; ands[j] != NULL; j++)
        {
          g_autofree char *id = *g_strstrip (ands[j]) != '\0' ? term_id (copyright, ands[j]) : NULL;

          if (id == NULL)
            return NULL;
          g_string_append_printf (result, "%s%s", j > 0 ? " AND " : i > 0 ? " OR " : "", id);
        }
    }
  return result->len > 0 ? g_string_free (g_steal_pointer (&result), FALSE) : NULL;
}

/* "A or B, and C" is (A or B) and C.  Commas without a word after them, or with several words, could mean more than one thing. */
static gboolean
split_groups (const char *text, char ***ret_groups, const char **ret_word)
{
  g_auto (GStrv) groups = g_strsplit (text, ", ", -1);

  *ret_word = "";
  for (gsize i = 1; groups[0] != NULL && groups[i] != NULL; i++)
    {
      const char *word = g_str_has_prefix (groups[i], "and ") ? " AND " : g_str_has_prefix (groups[i], "or ") ? " OR " : NULL;

      if (word == NULL || (i > 1 && strcmp (word, *ret_word) != 0))
        return FALSE;
      *ret_word = word;
      memmove (groups[i], strchr (groups[i], ' ') + 1, strlen (strchr (groups[i], ' ')));
    }
  *ret_groups = g_steal_pointer (&groups);
  return TRUE;
}

/* *ret_simple: it has no OR outside of brackets. */
static char *
field_expression (const Copyright *copyright, const char *text, gboolean *ret_simple)
{
  g_auto (GStrv) groups = NULL;
  g_autoptr (GString) result = g_string_new (NULL);
  const char *word;

  *ret_simple = TRUE;
  if (!split_groups (text, &groups, &word))
    return term_id (copyright, text);
  for (gsize i = 0; groups[i] != NULL; i++)
    {
      gboolean simple;
      g_autofree char *group = group_expression (copyright, groups[i], &simple);
      gboolean bare = simple || groups[1] == NULL;

      if (group == NULL)
        return NULL;
      g_string_append_printf (result, bare ? "%s%s" : "%s(%s)", i > 0 ? word : "", group);
      *ret_simple = *ret_simple && (simple || !bare) && strcmp (word, " OR ") != 0;
    }
  return g_string_free (g_steal_pointer (&result), FALSE);
}

/* A text of several lines is indented by a blank, and has a dot in each empty one. */
static void
keep_licence (const Copyright *copyright, char *name, GString *text)
{
  g_strstrip (name);
  g_strstrip (text->str);
  /* A text alone gets the name of what it is. */
  char *shown = *name != '\0' ? name : text->str;
  g_autofree char *lower = g_ascii_strdown (shown, -1);

  if (*shown == '\0')
    return;
  if (*text->str != '\0' && !g_hash_table_contains (copyright->texts, lower))
    g_hash_table_insert (copyright->texts, g_strdup (lower), g_strdup (text->str));
  if (copyright->all->len < LICENCES_MAX && !g_ptr_array_find_with_equal_func (copyright->all, shown, g_str_equal, NULL))
    g_ptr_array_add (copyright->all, g_strdup (shown));
}

static void
read_fields (const Copyright *copyright, char *const *lines)
{
  for (gsize i = 0; lines[i] != NULL; i++)
    {
      if (g_ascii_strncasecmp (lines[i], "License:", strlen ("License:")) != 0)
        continue;
      g_autofree char *name = g_strdup (lines[i] + strlen ("License:"));
      g_autoptr (GString) text = g_string_new (NULL);

      while (lines[i + 1] != NULL && (lines[i + 1][0] == ' ' || lines[i + 1][0] == '\t'))
        {
          const char *line = lines[++i] + 1;

          g_string_append_printf (text, "%s\n", strcmp (line, ".") == 0 ? "" : line);
        }
      keep_licence (copyright, name, text);
    }
}

static char *
join (const Copyright *copyright)
{
  g_autoptr (GHashTable) had = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GString) result = g_string_new (NULL);

  for (guint i = 0; i < copyright->all->len; i++)
    {
      gboolean simple;
      g_autofree char *one = field_expression (copyright, copyright->all->pdata[i], &simple);
      g_auto (GStrv) parts = NULL;

      if (one == NULL)
        return NULL;
      g_autofree char *bracketed = simple ? g_strdup (one) : g_strdup_printf ("(%s)", one);
      parts = simple && strchr (one, '(') == NULL ? g_strsplit (one, " AND ", -1) : g_strsplit (bracketed, "\n", -1);
      for (gsize j = 0; parts[j] != NULL; j++)
        if (g_hash_table_add (had, g_strdup (parts[j])))
          g_string_append_printf (result, "%s%s", result->len > 0 ? " AND " : "", parts[j]);
    }
  if (result->len == 0)
    return NULL;
  /* What was alone needs no brackets. */
  if (g_hash_table_size (had) == 1 && result->str[0] == '(' && strchr (result->str, ')') == result->str + result->len - 1)
    return g_strndup (result->str + 1, result->len - 2);
  return g_string_free (g_steal_pointer (&result), FALSE);
}

char *
licence_of_copyright (const char *text, LicenceReference reference, gpointer data)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) texts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  const Copyright copyright = { all, texts, reference, data };

  if (g_ascii_strncasecmp (text, "Format:", strlen ("Format:")) != 0 && g_ascii_strncasecmp (text, "Format-", strlen ("Format-")) != 0)
    return NULL;
  g_auto (GStrv) lines = g_strsplit (text, "\n", LINES_MAX);
  read_fields (&copyright, lines);
  return join (&copyright);
}
