/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "base/json.h"
#include "base/terminal.h"
#include "builder/plan/json.h"
#include "builder/request.h"
#include "builder/verbs.h"

static int
run (int argc, char **argv, GError **error)
{
  g_auto (RequestOptions) options = { 0 };
  g_autoptr (Request) request = NULL;
  gboolean json = FALSE, done = FALSE;
  const GOptionEntry entries[] = {
    { "arch", 0, 0, G_OPTION_ARG_STRING, &options.arch, "Architecture of the result", "ARCH" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "For other programs", NULL },
    { "compat", 0, 0, G_OPTION_ARG_NONE, &options.compat, "Warn where flatpak-builder accepts what is wrong", NULL },
    { NULL },
  };

  if (!verb_parse_options (&verb_plan, "Needs neither network nor SDK.", entries, FALSE, &argc, &argv, &done, error))
    return -1;
  if (done)
    return 0;
  const char *path = request_manifest_path (argc, argv, error);
  if (path == NULL)
    return -1;
  request = request_load (path, &options, TRUE, error);
  if (request == NULL)
    return -1;
  if (json)
    {
      g_autoptr (JsonBuilder) builder = json_builder_new ();

      build_plan_to_json (request->plan, builder);
      json_print (builder);
      return 0;
    }
  g_autofree char *text = build_plan_to_text (request->plan);
  g_autofree char *safe = terminal_escape (text, TRUE);
  fputs (safe, stdout);
  return 0;
}

const Verb verb_plan = { "plan", "MANIFEST", "Print what a build would do", run };
