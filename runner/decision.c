/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runner/decision.h"

#include <string.h>

#include "runner/place.h"

#define WORDS_MAX 4
#define LINKS_MAX 40

/* Kinds of records that put something somewhere, and which of their words says where. */
static const struct
{
  const char *kind;
  guint dest;
  gboolean shows_host;
} kinds[] = {
  { "bind", 2, TRUE },  { "mount", 2, TRUE }, { "overlay", 1, TRUE }, { "tmpfs", 1, FALSE }, { "proc", 1, FALSE },
  { "dev", 1, FALSE },  { "dir", 1, FALSE },  { "file", 1, FALSE },   { "symlink", 2, FALSE }, { "hide", 1, FALSE },
};

typedef struct
{
  char *line;
  char *words[WORDS_MAX]; /* NULL when there are fewer */
  char *dest;             /* one of the words */
  guint kind;
} Place;

static void
place_free (gpointer data)
{
  Place *place = data;
  for (guint i = 0; i < WORDS_MAX; i++)
    g_free (place->words[i]);
  g_free (place->line);
  g_free (place);
}

/* One word, plain or in double quotes; moves *p behind it.  NULL at the end of the arguments. */
static char *
next_word (const char **p)
{
  g_autoptr (GString) word = g_string_new (NULL);

  *p += strspn (*p, " ");
  if (**p == '\0' || **p == '#')
    return NULL;
  if (**p != '"')
    {
      gsize length = strcspn (*p, " ");
      g_string_append_len (word, *p, (gssize) length);
      *p += length;
      return g_strdup (word->str);
    }
  for ((*p)++; **p != '\0' && **p != '"'; (*p)++)
    {
      if (**p != '\\')
        g_string_append_c (word, **p);
      else if ((*p)[1] == 'n')
        g_string_append_c (word, '\n'), (*p)++;
      else if ((*p)[1] == 'x' && g_ascii_isxdigit ((*p)[2]) && g_ascii_isxdigit ((*p)[3]))
        {
          g_string_append_c (word, (char) (g_ascii_xdigit_value ((*p)[2]) * 16 + g_ascii_xdigit_value ((*p)[3])));
          *p += 3;
        }
      else if ((*p)[1] != '\0')
        g_string_append_c (word, *++*p);
    }
  *p += **p == '"';
  return g_strdup (word->str);
}

/* NULL when the record is not about files. */
static Place *
parse_line (const char *line)
{
  Place *place = g_new0 (Place, 1);
  const char *p = line;

  place->line = g_strdup (line);
  for (guint i = 0; i < WORDS_MAX; i++)
    place->words[i] = next_word (&p);
  for (guint i = 0; place->words[0] != NULL && i < G_N_ELEMENTS (kinds); i++)
    if (strcmp (kinds[i].kind, place->words[0]) == 0 && place->words[kinds[i].dest] != NULL)
      {
        place->kind = i;
        place->dest = place->words[kinds[i].dest];
        return place;
      }
  place_free (place);
  return NULL;
}

static GPtrArray *
parse_plan (const char *text)
{
  GPtrArray *places = g_ptr_array_new_with_free_func (place_free);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (char **line = lines; *line != NULL; line++)
    {
      Place *place = parse_line (*line);
      if (place != NULL)
        g_ptr_array_add (places, place);
    }
  return places;
}

/* What was put nearest above `path`, the last one of several. */
static const Place *
find_place (const GPtrArray *places, const char *path)
{
  const Place *nearest = NULL;

  for (guint i = 0; i < places->len; i++)
    {
      const Place *place = places->pdata[i];
      if (place_is_below (path, place->dest) && (nearest == NULL || strlen (place->dest) >= strlen (nearest->dest)))
        nearest = place;
    }
  return nearest;
}

static const char *
describe (const Place *place, const char *path)
{
  if (place == NULL)
    return "not there";
  gboolean itself = strcmp (place->dest, path) == 0;
  gboolean read_only = place->words[3] != NULL && strcmp (place->words[3], "ro") == 0;
  if (kinds[place->kind].shows_host)
    return read_only ? "shown, read-only, if it exists there" : "shown, writable, if it exists there";
  if (strcmp (place->words[0], "hide") == 0)
    return "hidden";
  return itself ? "the sandbox's own" : "not shown; this is the sandbox's own";
}

/* `path` with the link at the front of it replaced by its target. */
static char *
follow (const Place *link, const char *path)
{
  const char *target = link->words[1];
  g_autofree char *dir = g_path_get_dirname (link->dest);
  g_autofree char *joined = g_strconcat (target, path + strlen (link->dest), NULL);
  return g_canonicalize_filename (joined, dir);
}

char *
decision_explain (const char *plan_text, const char *path)
{
  g_autoptr (GPtrArray) places = parse_plan (plan_text);
  g_autofree char *current = g_canonicalize_filename (path, "/");
  GString *text = g_string_new (NULL);

  for (guint n_links = 0; n_links < LINKS_MAX; n_links++)
    {
      const Place *place = find_place (places, current);
      gboolean link = place != NULL && strcmp (place->words[0], "symlink") == 0;

      g_string_append_printf (text, "%s: %s\n", current, link ? "a link" : describe (place, current));
      if (place != NULL)
        g_string_append_printf (text, "    %s\n", place->line);
      if (!link)
        break;
      char *next = follow (place, current);
      g_free (current);
      current = next;
    }
  return g_string_free (text, FALSE);
}
