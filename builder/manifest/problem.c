/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/manifest/problem.h"

#include "base/terminal.h"

#include <string.h>

/* A number of its own, so that the sort keeps the order of findings at one place. */
typedef struct
{
  ManifestProblem *problem;
  guint index;
} Ranked;

static void
problem_free (gpointer data)
{
  ManifestProblem *problem = data;

  g_free (problem->message);
  g_free (problem->excerpt);
  g_free (problem);
}

GPtrArray *
manifest_problems_new (void)
{
  return g_ptr_array_new_with_free_func (problem_free);
}

static void
problem_add (GPtrArray *problems, ManifestPlace place, gboolean is_error, const char *rule, char *message)
{
  ManifestProblem *problem;

  if (problems->len > MANIFEST_PROBLEMS_MAX)
    {
      g_free (message);
      return;
    }
  if (problems->len == MANIFEST_PROBLEMS_MAX)
    {
      g_free (message);
      message = g_strdup_printf ("there are more than %d problems; correct these first", MANIFEST_PROBLEMS_MAX);
      is_error = TRUE;
      rule = "limit";
    }
  problem = g_new0 (ManifestProblem, 1);
  problem->place = place;
  problem->is_error = is_error;
  problem->rule = rule;
  problem->message = message;
  g_ptr_array_add (problems, problem);
}

void
manifest_problem_error (GPtrArray *problems, ManifestPlace place, const char *rule, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  problem_add (problems, place, TRUE, rule, g_strdup_vprintf (format, args));
  va_end (args);
}

void
manifest_problem_warning (GPtrArray *problems, ManifestPlace place, const char *rule, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  problem_add (problems, place, FALSE, rule, g_strdup_vprintf (format, args));
  va_end (args);
}

void
manifest_problem_add (GPtrArray *problems, ManifestPlace place, gboolean is_error, const char *rule, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  problem_add (problems, place, is_error, rule, g_strdup_vprintf (format, args));
  va_end (args);
}

gboolean
manifest_problems_have_error (const GPtrArray *problems)
{
  for (guint i = 0; i < problems->len; i++)
    if (((const ManifestProblem *) g_ptr_array_index (problems, i))->is_error)
      return TRUE;
  return FALSE;
}

static int
file_order (const char *a, const char *b, const char *first)
{
  if (a == b)
    return 0;
  if (a == first || b == first)
    return a == first ? -1 : 1;
  return g_strcmp0 (a, b);
}

static int
ranked_compare (gconstpointer a, gconstpointer b, gpointer first_file)
{
  const Ranked *x = a, *y = b;
  const ManifestPlace *p = &x->problem->place, *q = &y->problem->place;
  int files = file_order (p->file, q->file, first_file);

  if (files != 0)
    return files;
  if (p->line != q->line)
    return p->line < q->line ? -1 : 1;
  if (p->column != q->column)
    return p->column < q->column ? -1 : 1;
  return x->index < y->index ? -1 : x->index > y->index;
}

static gboolean
is_same (const ManifestProblem *a, const ManifestProblem *b)
{
  return a->place.file == b->place.file && a->place.line == b->place.line && a->place.column == b->place.column
         && a->is_error == b->is_error && g_str_equal (a->message, b->message);
}

void
manifest_problems_sort (GPtrArray *problems, const char *first_file)
{
  g_autofree Ranked *ranked = g_new0 (Ranked, problems->len + 1);
  /* The word that there are more stays last. */
  guint n = MIN (problems->len, MANIFEST_PROBLEMS_MAX);

  for (guint i = 0; i < n; i++)
    ranked[i] = (Ranked) { g_ptr_array_index (problems, i), i };
  g_qsort_with_data (ranked, (int) n, sizeof ranked[0], ranked_compare, (gpointer) first_file);
  for (guint i = 0; i < n; i++)
    problems->pdata[i] = ranked[i].problem;
  /* A part that is named twice is read twice, and says all twice. */
  for (guint i = n; i-- > 1;)
    if (is_same (problems->pdata[i - 1], problems->pdata[i]))
      g_ptr_array_remove_index (problems, i);
}

char *
manifest_problems_format (const GPtrArray *problems)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < problems->len; i++)
    {
      const ManifestProblem *problem = g_ptr_array_index (problems, i);
      g_autofree char *file = terminal_escape (problem->place.file ?: "?", FALSE);
      g_autofree char *message = terminal_escape (problem->message, FALSE);

      g_string_append (text, file);
      if (problem->place.line > 0)
        g_string_append_printf (text, ":%u:%u", problem->place.line, problem->place.column);
      g_string_append_printf (text, ": %s: %s\n", problem->is_error ? "error" : "warning", message);
      if (problem->excerpt != NULL)
        {
          g_autofree char *excerpt = terminal_escape (problem->excerpt, TRUE);

          g_string_append (text, excerpt);
        }
    }
  return g_string_free (text, FALSE);
}

/* At most this many characters of a line are shown, around the column. */
#define EXCERPT_WIDTH 72

void
manifest_problem_show_line (GPtrArray *problems, const char *data)
{
  ManifestProblem *problem = problems->len > 0 ? g_ptr_array_index (problems, problems->len - 1) : NULL;
  const char *line = data, *from, *to;
  gsize length, column, skip;

  if (problem == NULL || problem->place.line == 0 || problem->excerpt != NULL)
    return;
  for (unsigned i = 1; i < problem->place.line && line != NULL; i++)
    line = (line = strchr (line, '\n')) != NULL ? line + 1 : NULL;
  if (line == NULL)
    return;
  length = (gsize) g_utf8_strlen (line, (gssize) strcspn (line, "\r\n"));
  column = MIN (problem->place.column - 1, length);
  skip = column > EXCERPT_WIDTH - 12 ? column - (EXCERPT_WIDTH - 12) : 0;
  from = g_utf8_offset_to_pointer (line, (glong) skip);
  to = g_utf8_offset_to_pointer (from, (glong) MIN (length - skip, EXCERPT_WIDTH));
  g_autofree char *part = g_strndup (from, (gsize) (to - from));
  /* So that the caret stands where the character does. */
  g_strdelimit (part, "\t", ' ');
  problem->excerpt = g_strdup_printf ("%5u | %s\n      | %*s^\n", problem->place.line, part, (int) (column - skip), "");
}

char *
manifest_quote (const char *text)
{
  const gsize max = 60;
  gsize length = strlen (text);

  if (length <= max)
    return g_strdup_printf ("\"%s\"", text);
  /* Not in the middle of a character. */
  length = max;
  while (length > 0 && (text[length] & 0xc0) == 0x80)
    length--;
  return g_strdup_printf ("\"%.*s...\"", (int) length, text);
}
