/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runner/manage/consent.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "runner/manage/manage.h"

static void
answer_free (gpointer data)
{
  ConsentAnswer *answer = data;

  g_free (answer->ref);
  g_strfreev (answer->added);
  g_free (answer);
}

static void
print_added (const Ref *ref, const GPtrArray *added)
{
  fprintf (stderr, "apprun: the new version of %s may also:\n", ref->id);
  for (guint i = 0; i < added->len; i++)
    {
      g_autofree char *safe = terminal_escape (added->pdata[i], FALSE);
      fprintf (stderr, "  - %s\n", safe);
    }
}

/* One line of the terminal; only "y" and "yes" are yes. */
static gboolean
read_yes (void)
{
  char line[16] = "";

  fputs ("Install it? [y/N] ", stderr);
  if (fgets (line, sizeof line, stdin) == NULL)
    fputs ("\n", stderr);
  g_strstrip (line);
  return g_ascii_strcasecmp (line, "y") == 0 || g_ascii_strcasecmp (line, "yes") == 0;
}

static gboolean
throw_not_asked (const GPtrArray *added, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < added->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? "; " : "", (char *) added->pdata[i]);
  return error_throw_code (error, ERROR_REFUSED,
                           "the new version may also: %s; there is no terminal to ask on, so the installed one stays; "
                           "--accept-permissions accepts that", text->str);
}

static gboolean
ask (const Ref *ref, const GPtrArray *added, gpointer data, GError **error)
{
  Consent *consent = data;
  ConsentAnswer *answer = g_new0 (ConsentAnswer, 1);
  gboolean terminal = isatty (STDIN_FILENO) && isatty (STDERR_FILENO) && !consent->never_ask;
  gboolean has_line = consent->progress != NULL && *consent->progress != NULL;

  answer->ref = ref_format (ref);
  answer->added = g_new0 (char *, added->len + 1);
  for (guint i = 0; i < added->len; i++)
    answer->added[i] = g_strdup (added->pdata[i]);
  g_ptr_array_add (consent->answers, answer);
  if (!terminal && !consent->accept)
    return throw_not_asked (added, error);
  if (has_line)
    {
      manage_set_progress (consent->store, NULL);
      g_clear_pointer (consent->progress, progress_free);
    }
  if (!consent->never_ask)
    print_added (ref, added);
  answer->accepted = consent->accept || read_yes ();
  if (has_line)
    {
      *consent->progress = progress_new ("updating");
      manage_set_progress (consent->store, *consent->progress);
    }
  return answer->accepted || error_throw_code (error, ERROR_CANCELLED, "the installed version stays, as you answered");
}

void
consent_begin (Consent *consent, Store *store, Progress **progress)
{
  consent->store = store;
  consent->progress = progress;
  consent->answers = g_ptr_array_new_with_free_func (answer_free);
  store_set_consent (store, ask, consent);
}

void
consent_clear (Consent *consent)
{
  g_clear_pointer (&consent->answers, g_ptr_array_unref);
}

void
consent_add_json (JsonBuilder *builder, const Consent *consent)
{
  json_builder_set_member_name (builder, "permissions");
  json_builder_begin_array (builder);
  for (guint i = 0; i < consent->answers->len; i++)
    {
      const ConsentAnswer *answer = consent->answers->pdata[i];
      json_builder_begin_object (builder);
      json_add_string (builder, "ref", answer->ref);
      json_add_strings (builder, "added", answer->added);
      json_add_boolean (builder, "accepted", answer->accepted);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}
