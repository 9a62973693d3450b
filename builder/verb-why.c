/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/terminal.h"
#include "builder/request.h"
#include "builder/state.h"
#include "builder/verbs.h"
#include "builder/why.h"

#define DESCRIPTION                                                                \
  "Says for MODULE, or for all, whether the next build takes it from the cache\n" \
  "and what changed since the last build if not.  Downloads and builds nothing."

/* A value of more than that gets a line of its own. */
#define SHORT_MAX 40

static void
print_change (const WhyChange *change)
{
  g_autofree char *what = terminal_escape (change->what, FALSE);
  g_autofree char *from = terminal_escape (change->from != NULL ? change->from : "", FALSE);
  g_autofree char *to = terminal_escape (change->to != NULL ? change->to : "", FALSE);

  printf ("  %s %s", what, change->how != NULL ? change->how : "changed");
  if (change->from == NULL || change->to == NULL)
    printf ("%s%s%s\n", change->from != NULL || change->to != NULL ? ": " : "", from, to);
  else if (strlen (from) <= SHORT_MAX && strlen (to) <= SHORT_MAX)
    printf (": %s -> %s\n", *from != '\0' ? from : "(empty)", *to != '\0' ? to : "(empty)");
  else
    printf (":\n    - %s\n    + %s\n", from, to);
}

static void
print_text (const GPtrArray *modules)
{
  static const char *const words[] = {
    [WHY_UNCHANGED] = "unchanged, taken from the cache", [WHY_NEVER_BUILT] = "built, as it never was before",
    [WHY_CHANGED] = "built again", [WHY_LOST] = "built again: nothing changed, but its result is no longer in the cache",
  };

  for (guint i = 0; i < modules->len; i++)
    {
      const WhyModule *module = modules->pdata[i];
      g_autofree char *name = terminal_escape (module->name, FALSE);

      printf ("%s: %s\n", name, words[module->state]);
      for (guint j = 0; j < module->changes->len; j++)
        print_change (module->changes->pdata[j]);
    }
}

static void
print_json (const GPtrArray *modules)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();

  json_builder_begin_array (json);
  for (guint i = 0; i < modules->len; i++)
    {
      const WhyModule *module = modules->pdata[i];

      json_builder_begin_object (json);
      json_add_string (json, "module", module->name);
      json_add_string (json, "state", why_state_name (module->state));
      json_builder_set_member_name (json, "changes");
      json_builder_begin_array (json);
      for (guint j = 0; j < module->changes->len; j++)
        {
          const WhyChange *change = module->changes->pdata[j];

          json_builder_begin_object (json);
          json_add_string (json, "what", change->what);
          json_add_string (json, "how", change->how != NULL ? change->how : "changed");
          json_add_string (json, "from", change->from);
          json_add_string (json, "to", change->to);
          json_builder_end_object (json);
        }
      json_builder_end_array (json);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
  json_print (json);
}

static int
explain (Request *request, const char *state_dir, const char *module, gboolean json, GError **error)
{
  const BuildPlan *plan = request->plan;
  g_autofree char *state_path = state_dir != NULL ? g_strdup (state_dir)
                                                  : build_state_default_path (plan->manifest->id, plan->manifest->path, plan->arch);
  g_autoptr (GPtrArray) modules = why_explain (plan, &request->sources, state_path, module, error);

  if (modules == NULL)
    return -1;
  if (json)
    print_json (modules);
  else
    print_text (modules);
  return 0;
}

static int
run (int argc, char **argv, GError **error)
{
  g_auto (RequestOptions) options = { .offline = TRUE };
  g_autoptr (Request) request = NULL;
  g_autofree char *state_dir = NULL;
  gboolean done = FALSE, json = FALSE;
  const GOptionEntry entries[] = {
    { "state-dir", 0, 0, G_OPTION_ARG_FILENAME, &state_dir, "The DIR that the build was given", "DIR" },
    { "arch", 0, 0, G_OPTION_ARG_STRING, &options.arch, "Architecture of the result", "ARCH" },
    REQUEST_COMPAT (options),
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON", NULL },
    { NULL },
  };

  if (!verb_parse_options (&verb_why, DESCRIPTION, entries, FALSE, &argc, &argv, &done, error))
    return -1;
  if (done)
    return 0;
  const char *module = argc == 3 ? argv[2] : NULL;
  const char *path = request_manifest_path (argc == 3 ? 2 : argc, argv, error);
  if (path == NULL)
    return -1;
  request = request_load (path, &options, TRUE, error);
  if (request == NULL || !request_open_sources (request, &options, error))
    return -1;
  g_clear_pointer (&request->progress, progress_free);
  request->sources.progress = NULL;
  request->sources.report = NULL;
  return explain (request, state_dir, module, json, error);
}

const Verb verb_why = { "why", "MANIFEST [MODULE]", "Say what would be built again, and why", run };
