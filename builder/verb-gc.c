/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdio.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/terminal.h"
#include "builder/collect.h"
#include "builder/collect-downloads.h"
#include "builder/collect-total.h"
#include "builder/leftovers.h"
#include "builder/verbs.h"

#define DESCRIPTION                                                                \
  "Removes from the cache the results of modules that are not those of the last\n" \
  "build of their manifest; with --max-size (else NACELLE_CACHE_SIZE, or 50G) also\n" \
  "results and downloads that were not used for the longest time, with\n"           \
  "--older-than downloads that nothing has asked for meanwhile.  Only costs time:\n" \
  "a build makes and fetches them again.  What a running build uses stays."

static void
print_text (const CollectResult *result)
{
  for (guint i = 0; i < result->told->len; i++)
    {
      g_autofree char *safe = terminal_escape (result->told->pdata[i], FALSE);
      printf ("%s\n", safe);
    }
  printf ("freed %.1f MB\n", (double) result->freed / 1e6);
}

static void
print_json (const CollectResult *result)
{
  g_autoptr (JsonBuilder) json = json_builder_begin_object (json_builder_new ());

  g_ptr_array_add (result->told, NULL);
  json_add_integer (json, "freed", (gint64) result->freed);
  json_add_strings (json, "notes", (char *const *) result->told->pdata);
  json_builder_end_object (json);
  json_print (json);
}

static int
run (int argc, char **argv, GError **error)
{
  g_autofree char *max_size = NULL, *state_dir = NULL;
  g_autoptr (GPtrArray) told = g_ptr_array_new_with_free_func (g_free);
  CollectResult result = { 0, told };
  gint days = -1;
  gboolean done = FALSE, json = FALSE;
  guint64 max = G_MAXUINT64;
  const GOptionEntry options[] = {
    { "max-size", 0, 0, G_OPTION_ARG_STRING, &max_size, "Keep no more than SIZE in all (500M, 10G)", "SIZE" },
    { "older-than", 0, 0, G_OPTION_ARG_INT, &days, "Remove downloads that were not used for so long", "DAYS" },
    { "state-dir", 0, 0, G_OPTION_ARG_FILENAME, &state_dir, "Only the state directory DIR", "DIR" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON", NULL },
    { NULL },
  };

  if (!verb_parse_options (&verb_gc, DESCRIPTION, options, FALSE, &argc, &argv, &done, error))
    return -1;
  if (done)
    return 0;
  if (argc > 1)
    {
      error_throw_code (error, ERROR_USAGE, "'%s' is one argument too many; a state directory is named with --state-dir", argv[1]);
      return -1;
    }
  if (days < -1 || (days >= 0 && state_dir != NULL))
    {
      error_throw_code (error, ERROR_USAGE, "--older-than takes a number of days, without --state-dir: it is about downloads");
      return -1;
    }
  if (max_size != NULL ? !collect_parse_size (max_size, &max, error) : state_dir == NULL && !collect_total_limit (&max, error))
    return -1;
  g_autofree char *cache = g_build_filename (g_get_user_cache_dir (), "nacelle", NULL);
  if (state_dir == NULL && !leftovers_remove (cache, TRUE, error))
    return -1;
  autofd cache_fd = days >= 0 ? file_open (AT_FDCWD, cache, O_RDONLY | O_DIRECTORY, 0, NULL) : -1;
  if ((cache_fd >= 0 && !collect_downloads (cache_fd, (gint64) days * COLLECT_DAY, &result.freed, error))
      || !collect_total (cache, state_dir, max, -1, &result, error))
    return -1;
  if (json)
    print_json (&result);
  else
    print_text (&result);
  return 0;
}

const Verb verb_gc = { "gc", "", "Make room in the cache of builds and downloads", run };
