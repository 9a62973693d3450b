/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "base/error.h"
#include "base/file.h"
#include "base/terminal.h"
#include "builder/build.h"
#include "builder/bundle-sources.h"
#include "builder/request.h"
#include "builder/verbs.h"

static int
open_empty (const char *path, GError **error)
{
  g_autoptr (GDir) dir = NULL;
  autofd fd = file_mkdir_p (AT_FDCWD, path, 0755, error);

  if (fd < 0)
    return -1;
  dir = g_dir_open (path, 0, NULL);
  if (dir == NULL || g_dir_read_name (dir) != NULL)
    {
      error_throw (error, "'%s' is not empty; name a new folder", path);
      return -1;
    }
  return file_steal_fd (&fd);
}

static int
run (int argc, char **argv, GError **error)
{
  g_auto (RequestOptions) options = { 0 };
  g_autoptr (Request) request = NULL;
  autofd dest_fd = -1;
  gboolean done = FALSE, json = FALSE;
  const GOptionEntry entries[] = {
    { "offline", 0, 0, G_OPTION_ARG_NONE, &options.offline, "Download nothing", NULL },
    { "mirror", 0, 0, G_OPTION_ARG_STRING, &options.mirror, "Package mirror", "URL" },
    { "arch", 0, 0, G_OPTION_ARG_STRING, &options.arch, "Architecture of the result", "ARCH" },
    REQUEST_COMPAT (options),
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Tell what happens as JSON, one object a line", NULL },
    { NULL },
  };

  g_set_prgname ("appbuild bundle-sources"); /* for "Usage:" */
  if (!verb_parse_options (&verb_bundle_sources,
                           "FOLDER gets all that a build needs besides the SDK.  To build from it:\n"
                           "  XDG_CACHE_HOME=FOLDER/cache appbuild --offline FOLDER/manifest/MANIFEST",
                           entries, FALSE, &argc, &argv, &done, error))
    return -1;
  if (done)
    return 0;
  if (argc != 3)
    {
      error_throw_code (error, ERROR_USAGE, "a manifest and a folder are needed");
      return -1;
    }
  options.event = json ? request_print_event : NULL;
  request = request_load (argv[1], &options, TRUE, error);
  if (request == NULL || !request_open_sources (request, &options, error)
      || !build_fetch (request->plan, &request->sources, error))
    return -1;
  dest_fd = open_empty (argv[2], error);
  if (dest_fd < 0 || !bundle_sources (request->plan, &request->sources, dest_fd, error))
    return -1;
  g_clear_pointer (&request->progress, progress_free);
  g_autofree char *safe = terminal_escape (argv[2], FALSE);
  if (!json)
    printf ("all sources of %s are in %s\n", request->manifest->id, safe);
  return 0;
}

const Verb verb_bundle_sources = { "bundle-sources", "MANIFEST FOLDER", "Gather everything for a build elsewhere", run };
