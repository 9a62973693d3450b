/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The recipe of a module, then and now.  Both are texts of lines "KIND NAME VALUE" (record.h); a line is found again by its kind and name,
 * so that a changed value is one change and not two lines.
 */
#include "builder/why.h"

#include <string.h>

typedef struct
{
  const char *word;        /* that begins the line */
  const char *title;
  const char *name_ends;   /* of one of these signs; NULL: the whole rest is the name */
} Kind;

/* The first that matches. */
static const Kind kinds[] = {
  { "env", "environment variable ", "=" },
  { "unset", "variable that is unset, ", NULL },
  { "step", "step ", ":" },
  { "source", "source ", " " },
  { "cleanup", "cleanup of ", NULL },
  { "depends", "dependency on ", NULL },
  { "before", "module before it, ", NULL },
  { "key", "key ", " " },
  { "folder", "folder of the sources", "" },
  { "network", "network for its commands", NULL },
  { "strip", "stripping", NULL },
};

typedef struct
{
  const Kind *kind;
  char *name, *value;
  char *id;                /* "KIND NAME", with a number when there are several */
} Line;

static void
line_free (gpointer data)
{
  Line *line = data;

  g_free (line->name);
  g_free (line->value);
  g_free (line->id);
  g_free (line);
}

/* Words are quoted where a shell would need it: "env 'CFLAGS=-O2 -g'". */
static char *
unquoted (const char *text)
{
  g_autofree char *plain = *text == '\'' || *text == '"' ? g_shell_unquote (text, NULL) : NULL;

  return plain != NULL ? g_steal_pointer (&plain) : g_strdup (text);
}

static Line *
line_new (const Kind *kind, const char *rest, guint n_sources)
{
  Line *line = g_new0 (Line, 1);
  g_autofree char *text = unquoted (rest);
  const char *end = kind->name_ends != NULL ? strpbrk (text, kind->name_ends) : NULL;

  line->kind = kind;
  if (g_str_equal (kind->word, "source"))
    {
      line->name = g_strdup_printf ("%u", n_sources);
      line->value = g_strdup (text);
    }
  else if (kind->name_ends != NULL && *kind->name_ends == '\0')
    {
      line->name = g_strdup ("");
      line->value = g_strdup (text);
    }
  else
    {
      line->name = end != NULL ? g_strndup (text, (gsize) (end - text)) : g_strdup (text);
      line->value = g_strdup (end != NULL ? g_strchug ((char *) end + 1) : "");
    }
  return line;
}

static GPtrArray *
parse (const char *text)
{
  GPtrArray *lines = g_ptr_array_new_with_free_func (line_free);
  g_auto (GStrv) rows = g_strsplit (text, "\n", -1);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  guint n_sources = 0;

  for (char **row = rows; *row != NULL; row++)
    {
      const char *begin = g_strchug (*row);
      gsize length = strcspn (begin, " ");
      Line *line = NULL;

      for (gsize i = 0; i < G_N_ELEMENTS (kinds) && line == NULL; i++)
        if (strlen (kinds[i].word) == length && strncmp (kinds[i].word, begin, length) == 0)
          {
            n_sources += g_str_equal (kinds[i].word, "source") ? 1 : 0;
            line = line_new (&kinds[i], begin + length + (begin[length] != '\0'), n_sources);
          }
      if (line == NULL)
        continue;
      line->id = g_strdup_printf ("%s %s", line->kind->word, line->name);
      while (!g_hash_table_add (seen, g_strdup (line->id)))
        {
          g_autofree char *before = line->id;
          line->id = g_strconcat (before, "+", NULL);
        }
      g_ptr_array_add (lines, line);
    }
  return lines;
}

static const Line *
find (const GPtrArray *lines, const char *id)
{
  for (guint i = 0; i < lines->len; i++)
    if (g_str_equal (((const Line *) lines->pdata[i])->id, id))
      return lines->pdata[i];
  return NULL;
}

static void
add (GPtrArray *changes, const Line *line, const char *how, const char *from, const char *to)
{
  g_autofree char *what = g_strconcat (line->kind->title, line->name, NULL);

  why_add (changes, what, how, from, to);
}

static void
compare (const GPtrArray *old, const GPtrArray *new, gboolean keys, GPtrArray *changes)
{
  for (guint i = 0; i < new->len; i++)
    {
      const Line *line = new->pdata[i];
      const Line *was = find (old, line->id);

      if (g_str_equal (line->kind->word, "key") != keys)
        continue;
      if (was == NULL)
        add (changes, line, "is new", NULL, *line->value != '\0' ? line->value : NULL);
      else if (strcmp (was->value, line->value) != 0)
        add (changes, line, NULL, was->value, line->value);
    }
  for (guint i = 0; i < old->len; i++)
    {
      const Line *line = old->pdata[i];

      if (g_str_equal (line->kind->word, "key") == keys && find (new, line->id) == NULL)
        add (changes, line, "is gone", *line->value != '\0' ? line->value : NULL, NULL);
    }
}

void
why_compare_texts (const char *old, const char *new, GPtrArray *changes)
{
  g_autoptr (GPtrArray) was = parse (old), is = parse (new);
  guint before = changes->len;

  compare (was, is, FALSE, changes);
  /* What is in no step and no variable; keys that made one are told by that. */
  if (changes->len == before)
    compare (was, is, TRUE, changes);
}
