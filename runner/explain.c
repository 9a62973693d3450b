/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/terminal.h"
#include "runner/decision.h"
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

  char *text = sandbox_plan_to_text (prepared->plan);
  if (text == NULL)
    return error_throw (error, "out of memory while the plan was printed"), -1;
  print_plan (text, &options, prepared->host);
  free (text);
  if (prepared->app != NULL && options.arguments[0] == NULL)
    print_reasons (prepared->app->metadata);
  for (guint i = 0; i < prepared->notes->len; i++)
    {
      g_autofree char *note = terminal_escape (prepared->notes->pdata[i], FALSE);
      printf ("# %s\n", note);
    }
  return 0;
}
