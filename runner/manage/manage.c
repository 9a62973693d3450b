/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runner/manage/manage.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/terminal.h"
#include "runner/manage/apply-extra.h"

gboolean
manage_parse (const Verb *verb, const char *description, const GOptionEntry *entries, int min_args, int max_args,
              int *argc, char ***argv, gboolean *ret_done, GError **error)
{
  if (!verb_parse_options (verb, description, entries, FALSE, argc, argv, ret_done, error))
    return FALSE;
  int n_args = *argc - 1;
  if (!*ret_done && (n_args < min_args || n_args > max_args))
    return error_throw_code (error, ERROR_USAGE, "%s arguments; it is: apprun %s%s%s",
                             n_args < min_args ? "too few" : "too many", verb->name, verb->usage[0] != '\0' ? " " : "", verb->usage);
  return TRUE;
}

static void
show_progress (const char *what, guint64 done, guint64 total, gpointer data)
{
  Progress *progress = data;

  if (done == 0)
    progress_step (progress, what);
  progress_set (progress, done, total);
}

Store *
manage_open_store (Progress *progress, GError **error)
{
  if (store_is_locked ())
    fputs ("apprun: another apprun is changing the store; waiting for it to end\n", stderr);
  Store *store = store_open (error);
  if (store != NULL)
    store_set_apply_extra (store, apply_extra, NULL);
  if (store != NULL)
    manage_set_progress (store, progress);
  return store;
}

void
manage_set_progress (Store *store, Progress *progress)
{
  store_set_progress (store, progress != NULL ? show_progress : NULL, progress);
}

void
manage_print_notes (const Store *store)
{
  const GPtrArray *notes = store_notes (store);

  for (guint i = 0; i < notes->len; i++)
    {
      g_autofree char *safe = terminal_escape (notes->pdata[i], FALSE);
      fprintf (stderr, "apprun: note: %s\n", safe);
    }
}

/* One sentence of two: what is said after "is installed" is the same but for a suggestion, where the app's is first. */
static void
throw_neither (const char *text, const GError *app_error, const GError *runtime_error, GError **error)
{
  static const char verb[] = " is installed";
  const char *app_tail = strstr (app_error->message, verb);
  const char *runtime_tail = strstr (runtime_error->message, verb);
  const char *tail = app_tail;

  if (tail == NULL || (runtime_tail != NULL && strstr (tail, "did you mean") == NULL))
    tail = runtime_tail;
  if (tail != NULL)
    error_throw_code (error, ERROR_NOT_FOUND, "no app and no runtime \"%.80s\"%s", text, tail);
  else
    g_propagate_error (error, g_error_copy (app_error));
}

gboolean
manage_is_file (const char *word)
{
  if (word[0] == '/' || g_str_has_prefix (word, "./") || g_str_has_prefix (word, "../"))
    return TRUE;
  if (!g_str_has_suffix (word, ".app") && !g_str_has_suffix (word, ".runtime"))
    return FALSE;
  /* An id may end so. */
  return !ref_id_check (word, NULL) || g_file_test (word, G_FILE_TEST_IS_REGULAR);
}

Ref *
manage_find_installed (const char *text, GError **error)
{
  g_autoptr (GError) app_error = NULL;
  g_autoptr (GError) runtime_error = NULL;
  RefKind only = g_str_has_prefix (text, "runtime/") ? REF_RUNTIME : REF_APP;

  if (manage_is_file (text))
    return error_throw_code (error, ERROR_USAGE, "\"%.200s\" is a file; what is installed has an id, which \"apprun list\" shows",
                             text), NULL;
  if (strchr (text, '/') != NULL && (only == REF_RUNTIME || g_str_has_prefix (text, "app/")))
    return deployment_find_ref (only, text, error);
  g_autoptr (Ref) ref = deployment_find_ref (REF_APP, text, &app_error);
  if (ref == NULL && !g_error_matches (app_error, ERROR_DOMAIN, ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&app_error));
      return NULL;
    }
  if (ref != NULL)
    {
      /* A branch that was named is not looked up: ask whether it is there. */
      g_autoptr (Deployment) app = deployment_open (ref, &app_error);
      if (app != NULL || !g_error_matches (app_error, ERROR_DOMAIN, ERROR_NOT_FOUND))
        return g_steal_pointer (&ref);
    }
  g_autoptr (Ref) runtime = deployment_find_ref (REF_RUNTIME, text, &runtime_error);
  if (runtime != NULL)
    {
      g_autoptr (Deployment) deployment = deployment_open (runtime, &runtime_error);
      if (deployment != NULL || !g_error_matches (runtime_error, ERROR_DOMAIN, ERROR_NOT_FOUND))
        return g_steal_pointer (&runtime);
    }
  throw_neither (text, app_error, runtime_error, error);
  return NULL;
}

void
manage_note_runtime (const Ref *ref)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Deployment) deployment = deployment_open (ref, NULL);

  if (deployment == NULL || ref->kind != REF_APP || deployment->metadata->runtime == NULL)
    return;
  g_autoptr (Ref) runtime = ref_parse_partial (REF_RUNTIME, deployment->metadata->runtime, NULL, NULL, NULL);
  g_autoptr (Deployment) installed = runtime == NULL ? NULL : deployment_open (runtime, &error);
  if (installed != NULL)
    return;
  g_autofree char *safe = terminal_escape (deployment->metadata->runtime, FALSE);
  fprintf (stderr,
           "apprun: note: %s needs the runtime %s, which is not installed; "
           "get it with \"apprun install FILE.runtime\" or \"apprun install REMOTE runtime/%s\"\n",
           ref->id, safe, safe);
}

char *
manage_format_time (gint64 time)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_local (time);
  return date == NULL ? g_strdup ("?") : g_date_time_format (date, "%Y-%m-%d %H:%M:%S");
}
