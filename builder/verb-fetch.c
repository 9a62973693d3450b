/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "base/error.h"
#include "builder/build.h"
#include "builder/request.h"
#include "builder/verbs.h"

static int
run (int argc, char **argv, GError **error)
{
  g_auto (RequestOptions) options = { 0 };
  g_autoptr (Request) request = NULL;
  gboolean done = FALSE, json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Tell what happens as JSON, one object a line", NULL },
    { "mirror", 0, 0, G_OPTION_ARG_STRING, &options.mirror, "Package mirror", "URL" },
    { "sandbox", 0, 0, G_OPTION_ARG_NONE, &options.sandbox, "Use no file outside of MANIFEST's folder", NULL },
    { "arch", 0, 0, G_OPTION_ARG_STRING, &options.arch, "Architecture of the result", "ARCH" },
    REQUEST_COMPAT (options),
    { NULL },
  };

  if (!verb_parse_options (&verb_fetch, "Downloads are kept in $XDG_CACHE_HOME/nacelle, named by their digest.", entries, FALSE,
                           &argc, &argv, &done, error))
    return -1;
  if (done)
    return 0;
  const char *path = request_manifest_path (argc, argv, error);
  if (path == NULL)
    return -1;
  options.event = json ? request_print_event : NULL;
  request = request_load (path, &options, TRUE, error);
  if (request == NULL || !request_open_sources (request, &options, error)
      || !build_fetch (request->plan, &request->sources, error))
    return -1;
  g_clear_pointer (&request->progress, progress_free);
  if (!json)
    printf ("all sources of %s are in the cache\n", request->manifest->id);
  return 0;
}

const Verb verb_fetch = { "fetch", "MANIFEST", "Download all sources, for a build with --offline", run };
