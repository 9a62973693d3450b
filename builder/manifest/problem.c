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
  g_free (problem);
}

GPtrArray *
manifest_problems_new (void)
{
  return g_ptr_array_new_with_free_func (problem_free);
}

static void
problem_add (GPtrArray *problems, ManifestPlace place, gboolean is_error, char *message)
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
    }
  problem = g_new0 (ManifestProblem, 1);
  problem->place = place;
  problem->is_error = is_error;
  problem->message = message;
  g_ptr_array_add (problems, problem);
}

void
manifest_problem_error (GPtrArray *problems, ManifestPlace place, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  problem_add (problems, place, TRUE, g_strdup_vprintf (format, args));
  va_end (args);
}

void
manifest_problem_warning (GPtrArray *problems, ManifestPlace place, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  problem_add (problems, place, FALSE, g_strdup_vprintf (format, args));
  va_end (args);
}

void
manifest_problem_add (GPtrArray *problems, ManifestPlace place, gboolean is_error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  problem_add (problems, place, is_error, g_strdup_vprintf (format, args));
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
    }
  return g_string_free (text, FALSE);
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
