/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/terminal.h"
#include "runner/decision.h"
#include "runner/jsontext.h"
#include "runner/prepare.h"
#include "runner/verbs.h"
#include "sandbox/print.h"

/* All of it, or what decides about the paths behind the id. */
static void
print_plan (const char *text, const RunOptions *options, const Host *host)
{
  if (options->arguments[0] == NULL)
    {
      g_autofree char *safe = terminal_escape (text, TRUE);
      (void) fputs (safe, stdout);
    }
  for (char **path = options->arguments; *path != NULL; path++)
    {
      g_autofree char *absolute = g_canonicalize_filename (*path, host->cwd != NULL ? host->cwd : "/");
      g_autofree char *decision = decision_explain (text, absolute);
      g_autofree char *safe = terminal_escape (decision, TRUE);
      (void) fputs (safe, stdout);
    }
}

static void
print_reasons (const Metadata *metadata)
{
  g_auto (GStrv) reasons = metadata_reasons (metadata);

  for (char **reason = reasons; *reason != NULL; reason++)
    {
      g_autofree char *safe = terminal_escape (*reason, FALSE);
      printf ("# reason of the author for %s\n", safe);
    }
}

static gboolean
print_json (const Prepared *prepared, const RunOptions *options, GError **error)
{
  g_auto (GStrv) reasons = prepared->app != NULL ? metadata_reasons (prepared->app->metadata) : g_new0 (char *, 1);

  if (options->arguments[0] != NULL)
    return error_throw_code (error, ERROR_USAGE, "explain --json prints the whole plan, not what is at \"%s\": leave one of them out",
                             options->arguments[0]);
  char *json = sandbox_plan_to_json (prepared->plan);
  if (json == NULL)
    return error_throw (error, "out of memory while the plan was printed");
  printf ("{\"plan\": %s,", g_strchomp (json));
  free (json);
  json_texts_print ("reasons", reasons, g_strv_length (reasons));
  printf (",\n");
  json_texts_print ("notes", (char *const *) prepared->notes->pdata, prepared->notes->len);
  printf ("}\n");
  return TRUE;
}

static gboolean
print_text (const Prepared *prepared, const RunOptions *options, GError **error)
{
  char *text = sandbox_plan_to_text (prepared->plan);

  if (text == NULL)
    return error_throw (error, "out of memory while the plan was printed");
  print_plan (text, options, prepared->host);
  free (text);
  if (prepared->app != NULL && options->arguments[0] == NULL)
    print_reasons (prepared->app->metadata);
  for (guint i = 0; i < prepared->notes->len; i++)
    {
      g_autofree char *note = terminal_escape (prepared->notes->pdata[i], FALSE);
      printf ("# %s\n", note);
    }
  return TRUE;
}

int
verb_explain (int argc, char **argv, GError **error)
{
  g_auto (RunOptions) options = RUN_OPTIONS_INIT;
  gboolean done = FALSE;

  if (!run_options_parse (apprun_verb ("explain"), argc, argv, &options, &done, error))
    return -1;
  if (done)
    return 0;
  g_autoptr (Prepared) prepared = run_prepare (&options, error);
  if (prepared == NULL)
    return -1;
  return (options.json ? print_json : print_text) (prepared, &options, error) ? 0 : -1;
}
