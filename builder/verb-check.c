/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "base/error.h"
#include "base/json.h"
#include "base/terminal.h"
#include "builder/epoch.h"
#include "builder/manifest/lint.h"
#include "builder/manifest/problem.h"
#include "builder/request.h"
#include "builder/verbs.h"

#define DESCRIPTION                                                                    \
  "Needs neither network nor SDK.  Exit status: 0 without errors (warnings are\n" \
  "fine), 1 with errors."

typedef struct
{
  char *arch;
  gboolean compat, json;
} CheckOptions;

static void
check_options_clear (CheckOptions *options)
{
  g_free (options->arch);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CheckOptions, check_options_clear)

static void
print_text (const char *path, const GPtrArray *problems, guint n_errors)
{
  g_autofree char *text = manifest_problems_format (problems);
  g_autofree char *safe = terminal_escape (path, FALSE);
  guint n_warnings = problems->len - n_errors;

  fputs (text, stdout);
  printf ("%s: %u error%s, %u warning%s\n", safe, n_errors, n_errors == 1 ? "" : "s", n_warnings, n_warnings == 1 ? "" : "s");
}

static void
add_json (JsonBuilder *json, const char *path, const GPtrArray *problems, guint n_errors)
{
  json_builder_begin_object (json);
  json_add_string (json, "manifest", path);
  json_add_integer (json, "errors", n_errors);
  json_add_integer (json, "warnings", problems->len - n_errors);
  json_builder_set_member_name (json, "problems");
  json_builder_begin_array (json);
  for (guint i = 0; i < problems->len; i++)
    {
      const ManifestProblem *problem = problems->pdata[i];

      json_builder_begin_object (json);
      json_add_string (json, "severity", problem->is_error ? "error" : "warning");
      json_add_string (json, "rule", problem->rule);
      json_add_string (json, "file", problem->place.file);
      json_add_integer (json, "line", problem->place.line);
      json_add_integer (json, "column", problem->place.column);
      json_add_string (json, "message", problem->message);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
  json_builder_end_object (json);
}

/* Runtimes get too old as time goes by; the variable makes that time stand still, as it does for builds. */
static gint64
time_now (void)
{
  return build_epoch_given () ? build_epoch () : g_get_real_time () / G_USEC_PER_SEC;
}

/* Tell the findings of one manifest, to `json` if there is one; TRUE when there was no error among them. */
static gboolean
check_one (const char *path, const CheckOptions *check, JsonBuilder *json)
{
  g_autoptr (GPtrArray) problems = manifest_problems_new ();
  g_autoptr (Manifest) manifest = manifest_load_anyway (path, check->compat, problems);
  g_autoptr (BuildPlan) plan = NULL;
  const BuildPlanOptions options = { .arch = check->arch };
  guint n_errors = 0;

  /* A plan is made of a good manifest only; what else there is to say, is said of a bad one too. */
  if (manifest != NULL && !manifest_problems_have_error (problems))
    {
      g_autofree char *lock = request_lock_path (manifest);

      if (source_lock_apply (manifest, lock, problems))
        plan = build_plan_new (manifest, &options, problems);
    }
  if (manifest != NULL)
    manifest_lint (manifest, time_now (), problems);
  for (guint i = 0; i < problems->len; i++)
    n_errors += ((const ManifestProblem *) problems->pdata[i])->is_error ? 1 : 0;
  if (json != NULL)
    add_json (json, path, problems, n_errors);
  else
    print_text (path, problems, n_errors);
  return n_errors == 0 && plan != NULL;
}

static int
run (int argc, char **argv, GError **error)
{
  g_auto (CheckOptions) options = { 0 };
  g_autoptr (JsonBuilder) json = NULL;
  gboolean done = FALSE, good = TRUE;
  const GOptionEntry entries[] = {
    { "arch", 0, 0, G_OPTION_ARG_STRING, &options.arch, "Architecture of the result", "ARCH" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "For other programs", NULL },
    REQUEST_COMPAT (options),
    { NULL },
  };

  if (!verb_parse_options (&verb_check, DESCRIPTION, entries, FALSE, &argc, &argv, &done, error))
    return -1;
  if (done)
    return 0;
  if (argc < 2)
    {
      error_throw_code (error, ERROR_USAGE, "no manifest was given");
      return -1;
    }
  if (options.json)
    json = json_builder_begin_array (json_builder_new ());
  for (int i = 1; i < argc; i++)
    good = check_one (argv[i], &options, json) && good;
  if (json != NULL)
    json_print (json_builder_end_array (json));
  return good ? 0 : 1;
}

const Verb verb_check = { "check", "MANIFEST...", "Report every error and warning; change nothing", run };
