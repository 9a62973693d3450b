/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "base/error.h"
#include "base/terminal.h"
#include "builder/request.h"
#include "builder/verbs.h"

#define DESCRIPTION                                                                    \
  "Needs neither network nor SDK.  Exit status: 0 without errors (warnings are\n" \
  "fine), 1 with errors."

/* Print the findings of one manifest; TRUE when there was no error among them. */
static gboolean
check_one (const char *path, const char *arch, gboolean compat)
{
  g_autoptr (GPtrArray) problems = manifest_problems_new ();
  g_autoptr (Manifest) manifest = manifest_load_full (path, compat, problems);
  g_autoptr (BuildPlan) plan = NULL;
  const BuildPlanOptions options = { .arch = arch };
  guint n_errors = 0;

  if (manifest != NULL)
    plan = build_plan_new (manifest, &options, problems);
  g_autofree char *text = manifest_problems_format (problems);
  fputs (text, stdout);
  for (guint i = 0; i < problems->len; i++)
    n_errors += ((const ManifestProblem *) problems->pdata[i])->is_error ? 1 : 0;
  g_autofree char *safe = terminal_escape (path, FALSE);
  printf ("%s: %u error%s, %u warning%s\n", safe, n_errors, n_errors == 1 ? "" : "s", problems->len - n_errors,
          problems->len - n_errors == 1 ? "" : "s");
  return n_errors == 0 && plan != NULL;
}

static int
run (int argc, char **argv, GError **error)
{
  g_autofree char *arch = NULL;
  gboolean compat = FALSE, done = FALSE, good = TRUE;
  const GOptionEntry entries[] = {
    { "arch", 0, 0, G_OPTION_ARG_STRING, &arch, "Architecture of the result", "ARCH" },
    { "compat", 0, 0, G_OPTION_ARG_NONE, &compat, "Warn where flatpak-builder accepts what is wrong", NULL },
    { NULL },
  };

  g_set_prgname ("appbuild check"); /* for "Usage:" */
  if (!verb_parse_options (&verb_check, DESCRIPTION, entries, FALSE, &argc, &argv, &done, error))
    return -1;
  if (done)
    return 0;
  if (argc < 2)
    {
      error_throw_code (error, ERROR_USAGE, "no manifest was given");
      return -1;
    }
  for (int i = 1; i < argc; i++)
    good = check_one (argv[i], arch, compat) && good;
  return good ? 0 : 1;
}

const Verb verb_check = { "check", "MANIFEST...", "Report every error and warning; change nothing", run };
