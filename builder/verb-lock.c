/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "base/error.h"
#include "base/terminal.h"
#include "builder/request.h"
#include "builder/verbs.h"

static int
run (int argc, char **argv, GError **error)
{
  g_auto (RequestOptions) options = { 0 };
  g_autoptr (Request) request = NULL;
  gboolean done = FALSE;
  const GOptionEntry entries[] = {
    { "mirror", 0, 0, G_OPTION_ARG_STRING, &options.mirror, "Package mirror", "URL" },
    { "arch", 0, 0, G_OPTION_ARG_STRING, &options.arch, "Architecture of the packages", "ARCH" },
    { NULL },
  };

  if (!verb_parse_options (&verb_lock,
                           "Writes the name of MANIFEST with the suffix .lock.yaml, beside it: a build uses\n"
                           "exactly the packages that stand there.",
                           entries, FALSE, &argc, &argv, &done, error))
    return -1;
  if (done)
    return 0;
  const char *path = request_manifest_path (argc, argv, error);
  if (path == NULL)
    return -1;
  request = request_load (path, &options, FALSE, error);
  if (request == NULL || !request_open_sources (request, &options, error)
      || !source_lock_write (request->manifest, &request->sources, error))
    return -1;
  g_clear_pointer (&request->progress, progress_free);
  g_autofree char *safe = terminal_escape (request->lock_path, FALSE);
  printf ("wrote %s\n", safe);
  return 0;
}

const Verb verb_lock = { "lock", "MANIFEST", "Resolve packages anew and write the lock file", run };
