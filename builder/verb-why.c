/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/terminal.h"
#include "builder/request.h"
#include "builder/state.h"
#include "builder/verbs.h"
#include "builder/why.h"

#define DESCRIPTION                                                                \
  "Says for MODULE, or for all, whether the next build takes it from the cache\n" \
  "and what changed since the last build if not.  Downloads and builds nothing."

static int
explain (Request *request, const char *state_dir, const char *module, GError **error)
{
  const BuildPlan *plan = request->plan;
  g_autofree char *state_path = state_dir != NULL ? g_strdup (state_dir)
                                                  : build_state_default_path (plan->manifest->id, plan->manifest->path, plan->arch);
  g_autofree char *text = why_explain (plan, &request->sources, state_path, module, error);

  if (text == NULL)
    return -1;
  g_autofree char *safe = terminal_escape (text, TRUE);
  fputs (safe, stdout);
  return 0;
}

static int
run (int argc, char **argv, GError **error)
{
  g_auto (RequestOptions) options = { .offline = TRUE };
  g_autoptr (Request) request = NULL;
  g_autofree char *state_dir = NULL;
  gboolean done = FALSE;
  const GOptionEntry entries[] = {
    { "state-dir", 0, 0, G_OPTION_ARG_FILENAME, &state_dir, "The DIR that the build was given", "DIR" },
    { "arch", 0, 0, G_OPTION_ARG_STRING, &options.arch, "Architecture of the result", "ARCH" },
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
  return explain (request, state_dir, module, error);
}

const Verb verb_why = { "why", "MANIFEST [MODULE]", "Say what would be built again, and why", run };
