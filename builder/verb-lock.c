/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "base/error.h"
#include "base/json.h"
#include "base/terminal.h"
#include "builder/request.h"
#include "builder/verbs.h"

static void
print_json (const Request *request, const char *what, gboolean value, GPtrArray *problems)
{
  g_autoptr (JsonBuilder) json = json_builder_begin_object (json_builder_new ());

  json_add_string (json, "lock", request->lock_path);
  json_add_boolean (json, what, value);
  if (problems != NULL)
    {
      g_ptr_array_add (problems, NULL);
      json_add_strings (json, "problems", (char *const *) problems->pdata);
    }
  json_builder_end_object (json);
  json_print (json);
}

static int
check_lock (Request *request, gboolean json, GError **error)
{
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *path = terminal_escape (request->lock_path, FALSE);

  if (!source_lock_check (request->manifest, &request->sources, problems, error))
    return -1;
  if (json)
    {
      gboolean fits = problems->len == 0;

      print_json (request, "fits", fits, problems);
      return fits ? 0 : 1;
    }
  for (guint i = 0; i < problems->len; i++)
    {
      g_autofree char *safe = terminal_escape (problems->pdata[i], FALSE);
      printf ("%s: %s\n", path, safe);
    }
  if (problems->len == 0)
    printf ("%s fits the manifest\n", path);
  else
    printf ("write it anew: appbuild lock %s\n", request->manifest->path);
  return problems->len > 0 ? 1 : 0;
}

static int
run (int argc, char **argv, GError **error)
{
  g_auto (RequestOptions) options = { .unlocked = TRUE };
  g_autoptr (Request) request = NULL;
  gboolean done = FALSE, check = FALSE, json = FALSE;
  const GOptionEntry entries[] = {
    { "mirror", 0, 0, G_OPTION_ARG_STRING, &options.mirror, "Package mirror", "URL" },
    { "check", 0, 0, G_OPTION_ARG_NONE, &check, "Say whether the lock file fits MANIFEST; write nothing", NULL },
    { "arch", 0, 0, G_OPTION_ARG_STRING, &options.arch, "Architecture of the packages", "ARCH" },
    REQUEST_COMPAT (options),
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON", NULL },
    { NULL },
  };

  if (!verb_parse_options (&verb_lock,
                           "Writes the file that the manifest's lock names, else NAME.lock.yaml beside\n"
                           "the manifest: a build uses exactly the packages, commits and hashes there.\n"
                           "--check asks no server and exits with 1 if something is missing or left over.",
                           entries, FALSE, &argc, &argv, &done, error))
    return -1;
  if (done)
    return 0;
  const char *path = request_manifest_path (argc, argv, error);
  if (path == NULL)
    return -1;
  options.event = json ? request_ignore_event : NULL;
  request = request_load (path, &options, FALSE, error);
  if (request == NULL || !request_open_sources (request, &options, error))
    return -1;
  if (check)
    return check_lock (request, json, error);
  if (!source_lock_write (request->manifest, &request->sources, error))
    return -1;
  g_clear_pointer (&request->progress, progress_free);
  if (json)
    {
      print_json (request, "written", TRUE, NULL);
      return 0;
    }
  g_autofree char *safe = terminal_escape (request->lock_path, FALSE);
  printf ("wrote %s\n", safe);
  return 0;
}

const Verb verb_lock = { "lock", "MANIFEST", "Resolve what is left open and write the lock file", run };
