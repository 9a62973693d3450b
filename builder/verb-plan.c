/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "base/json.h"
#include "base/terminal.h"
#include "builder/plan/json.h"
#include "builder/plan/manifest-json.h"
#include "builder/plan-keys.h"
#include "builder/request.h"
#include "builder/verbs.h"

#define DESCRIPTION                                                            \
  "Needs neither network nor SDK.  The JSON has the cache keys of modules too,\n" \
  "where SDK and sources are at hand."

/* For flatpak-builder, and for who wants to see what the files of the manifest say together. */
static void
print_manifest (const Manifest *manifest)
{
  g_autoptr (JsonBuilder) json = json_builder_begin_object (json_builder_new ());
  const ManifestJson options = { .foreign = TRUE };

  manifest_json_write (manifest, &options, json);
  json_builder_end_object (json);
  json_print (json);
}

/* What keeps the keys from being known is said in the plan: it is no error. */
static void
print_json (Request *request, const RequestOptions *options)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (GPtrArray) keys = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *note = NULL;

  if (request_open_sources (request, options, &error))
    {
      g_clear_pointer (&request->progress, progress_free);
      request->sources.progress = NULL;
      keys = plan_keys (request->plan, &request->sources, &note);
    }
  else
    {
      keys = g_ptr_array_new ();
      note = g_strdup (error->message);
    }
  build_plan_to_json (request->plan, keys, note, builder);
  json_print (builder);
}

static int
run (int argc, char **argv, GError **error)
{
  g_auto (RequestOptions) options = { 0 };
  g_autoptr (Request) request = NULL;
  gboolean json = FALSE, manifest = FALSE, done = FALSE;
  const GOptionEntry entries[] = {
    { "arch", 0, 0, G_OPTION_ARG_STRING, &options.arch, "Architecture of the result", "ARCH" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "For other programs", NULL },
    { "manifest", 0, 0, G_OPTION_ARG_NONE, &manifest, "The manifest in one piece, as JSON for flatpak-builder", NULL },
    REQUEST_COMPAT (options),
    { NULL },
  };

  if (!verb_parse_options (&verb_plan, DESCRIPTION, entries, FALSE, &argc, &argv, &done, error))
    return -1;
  if (done)
    return 0;
  const char *path = request_manifest_path (argc, argv, error);
  if (path == NULL)
    return -1;
  request = request_load (path, &options, !manifest, error);
  if (request == NULL)
    return -1;
  if (manifest)
    {
      print_manifest (request->manifest);
      return 0;
    }
  if (json)
    {
      print_json (request, &options);
      return 0;
    }
  g_autofree char *text = build_plan_to_text (request->plan);
  g_autofree char *safe = terminal_escape (text, TRUE);
  fputs (safe, stdout);
  return 0;
}

const Verb verb_plan = { "plan", "MANIFEST", "Print what a build would do", run };
