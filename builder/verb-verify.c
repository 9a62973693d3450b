/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Does the manifest give this image again?  The second build is another process, so that everything that it could have from its
 * caller can be another: folder, umask, time zone, language, number of jobs, and a state directory without results.  In its sandboxes
 * it is another machine (vary/vary.h).  The download cache is shared: sources are known by their hashes.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/spawn.h"
#include "base/terminal.h"
#include "builder/leftovers.h"
#include "builder/record.h"
#include "builder/request.h"
#include "builder/tree/changes.h"
#include "builder/tree/compare.h"
#include "builder/unpacked.h"
#include "builder/verbs.h"
#include "image/image.h"

#define CHANGES_MAX (256u << 20)
#define DESCRIPTION                                                                   \
  "Builds everything again as on another day and another machine: time, kernel,\n"    \
  "processors, process numbers, order of files, folder, umask, time zone and\n"     \
  "language.  Exit status: 0 the same bytes; 1 another result, with the first file\n" \
  "that differs, where, and the module that made it."

typedef struct
{
  RequestOptions common;
  gint compression;
  char *extras;
  gboolean json;
} VerifyOptions;

/* The folder of the second build. */
typedef struct
{
  int cache_fd, fd;
  char *name, *path;
} Place;

static void
place_clear (Place *place)
{
  file_close_fd (&place->fd);
  if (place->name != NULL)
    (void) file_remove_tree (place->cache_fd, place->name, NULL); /* it is in the cache, where nobody minds it */
  g_free (place->name);
  g_free (place->path);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Place, place_clear)

static char **
changed_environment (void)
{
  char **env = g_get_environ ();

  env = g_environ_setenv (env, "TZ", "Pacific/Chatham", TRUE);
  env = g_environ_setenv (env, "LC_ALL", "tr_TR.UTF-8", TRUE);
  env = g_environ_setenv (env, "LANG", "tr_TR.UTF-8", TRUE);
  return g_environ_setenv (env, "TERM", "vt52", TRUE);
}

static gboolean
build_again (const Request *request, const VerifyOptions *options, const Place *place, GError **error)
{
  g_autofree char *manifest = g_canonicalize_filename (request->manifest->path, NULL);
  g_autofree char *state = g_build_filename (place->path, "another state", NULL);
  g_autofree char *output = g_build_filename (place->path, "again", NULL);
  g_autofree char *compression = g_strdup_printf ("%d", options->compression);
  /* Another number than the usual one, which is the number of processors. */
  guint n = g_get_num_processors ();
  g_autofree char *jobs = g_strdup_printf ("%u", n > 1 ? n - 1 : 3);
  g_auto (GStrv) env = changed_environment ();
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  const char *const fixed[] = { "/proc/self/exe", "build", manifest, "--no-tests", "--state-dir", state, "-o", output, "--vary", "-j", jobs,
                                "--compression", compression, "--arch", request->plan->arch };

  for (gsize i = 0; i < G_N_ELEMENTS (fixed); i++)
    g_ptr_array_add (argv, (char *) fixed[i]);
  if (options->common.offline)
    g_ptr_array_add (argv, (char *) "--offline");
  if (options->common.compat)
    g_ptr_array_add (argv, (char *) "--compat");
  if (options->common.mirror != NULL)
    {
      g_ptr_array_add (argv, (char *) "--mirror");
      g_ptr_array_add (argv, options->common.mirror);
    }
  if (options->extras != NULL)
    {
      g_ptr_array_add (argv, (char *) "--extras");
      g_ptr_array_add (argv, options->extras);
    }
  g_ptr_array_add (argv, NULL);
  SpawnRequest spawn = SPAWN_REQUEST_INIT;
  spawn.argv = (const char *const *) argv->pdata;
  spawn.env = (const char *const *) env;
  spawn.cwd_fd = place->fd;
  mode_t mask = umask (0077);
  gboolean ok = spawn_check (&spawn, NULL, error);
  umask (mask);
  return ok || error_prefix (error, "the second build of '%s' failed", request->manifest->path);
}

/* The last module that changed this path below files/, NULL when none did. */
static const char *
find_module (const Request *request, const char *state_path, const char *path)
{
  g_autoptr (BuildState) state = build_state_try (state_path, NULL);

  if (state == NULL || !g_str_has_prefix (path, "files/"))
    return NULL;
  for (guint i = request->plan->modules->len; i > 0; i--)
    {
      g_autoptr (ModuleRecord) record = record_read (state, request->plan, i - 1);
      g_autofree char *name = record != NULL ? g_build_filename ("changes", record->key, NULL) : NULL;
      gsize length;
      g_autofree char *data = name != NULL ? file_read (state->dir_fd, name, CHANGES_MAX, &length, NULL) : NULL;
      g_autoptr (GPtrArray) changes = data != NULL ? tree_changes_parse (data, length) : NULL;

      for (guint j = 0; changes != NULL && j < changes->len; j++)
        if (strcmp (changes->pdata[j], path + strlen ("files/")) == 0)
          return ((const BuildModule *) request->plan->modules->pdata[i - 1])->name;
    }
  return NULL;
}

/* What a module made, rather than the copy in export/ or the folder that holds it. */
static const TreeDifference *
first_difference (const GPtrArray *differences)
{
  const TreeDifference *first = differences->pdata[0];

  for (guint i = 0; i < differences->len && strcmp (first->path, "metadata") != 0; i++)
    {
      const TreeDifference *difference = differences->pdata[i];

      if (g_str_has_prefix (difference->path, "files/"))
        return difference;
    }
  return first;
}

static void
print_difference (const TreeDifference *first, guint n, const char *module)
{
  if (first == NULL)
    {
      printf ("the same files, but packed in another way: by another version of appbuild or with another --compression\n");
      return;
    }
  g_autofree char *path = terminal_escape (first->path, FALSE);
  g_autofree char *detail = terminal_escape (first->detail != NULL ? first->detail : "", FALSE);
  printf ("not the same: %u difference%s\nfirst: %s: %s\n", n, n == 1 ? "" : "s", path,
          first->kind == TREE_ADDED ? "only in the second build" : first->kind == TREE_REMOVED ? "only in the image" : detail);
  if (module != NULL)
    printf ("made by module: %s\n", module);
}

/* `first` NULL: all files are the same. */
static void
print_json (const char *was, const char *is, const TreeDifference *first, guint n, const char *module)
{
  static const char *const kinds[] = { [TREE_ADDED] = "added", [TREE_REMOVED] = "removed", [TREE_CHANGED] = "changed" };
  g_autoptr (JsonBuilder) json = json_builder_begin_object (json_builder_new ());

  json_add_boolean (json, "same", strcmp (was, is) == 0);
  json_add_string (json, "image-sha256", was);
  json_add_string (json, "second-sha256", is);
  json_add_integer (json, "differences", n);
  json_builder_set_member_name (json, "first");
  if (first == NULL)
    json_builder_add_null_value (json);
  else
    {
      json_builder_begin_object (json);
      json_add_string (json, "path", first->path);
      json_add_string (json, "kind", kinds[first->kind]);
      if (first->offset >= 0)
        json_add_integer (json, "offset", first->offset);
      else
        json_add_string (json, "offset", NULL);
      json_add_string (json, "detail", first->detail);
      json_add_string (json, "module", module);
      json_builder_end_object (json);
    }
  json_builder_end_object (json);
  json_print (json);
}

static int
report_difference (const Request *request, const char *image, const Place *place, const char *was, const char *is, gboolean json,
                   GError **error)
{
  g_autofree char *again = g_build_filename (place->path, "again", NULL);
  g_autofree char *state = g_build_filename (place->path, "another state", NULL);
  g_autoptr (UnpackedImage) old = unpacked_open (image, error);
  g_autoptr (UnpackedImage) new = old != NULL ? unpacked_open (again, error) : NULL;
  g_autoptr (GPtrArray) differences = new != NULL ? tree_compare (old->root_fd, new->root_fd, error) : NULL;

  if (differences == NULL)
    return -1;
  const TreeDifference *first = differences->len > 0 ? first_difference (differences) : NULL;
  const char *module = first != NULL ? find_module (request, state, first->path) : NULL;
  if (json)
    print_json (was, is, first, differences->len, module);
  else
    print_difference (first, differences->len, module);
  return 1;
}

static int
verify (const Request *request, const VerifyOptions *options, const char *image, GError **error)
{
  autofd fd = file_open (AT_FDCWD, image, O_RDONLY, 0, error);
  g_auto (Place) place = { .cache_fd = request->sources.cache_fd, .fd = -1 };

  if (fd < 0)
    return -1;
  place.fd = leftovers_mkdtemp (place.cache_fd, "verify-", &place.name, error);
  if (place.fd < 0)
    return -1;
  place.path = g_build_filename (g_get_user_cache_dir (), "nacelle", place.name, NULL);
  g_autofree char *was = file_sha256_fd (fd, image, error);
  if (was == NULL || !build_again (request, options, &place, error))
    return -1;
  autofd again = file_open (place.fd, "again", O_RDONLY, 0, error);
  g_autofree char *is = again >= 0 ? file_sha256_fd (again, "the second image", error) : NULL;
  if (is == NULL)
    return -1;
  if (strcmp (was, is) != 0)
    return report_difference (request, image, &place, was, is, options->json, error);
  if (options->json)
    print_json (was, is, NULL, 0, NULL);
  else
    printf ("the same: %s\n", is);
  return 0;
}

static int
run (int argc, char **argv, GError **error)
{
  VerifyOptions options = { 0 };
  g_autoptr (Request) request = NULL;
  gboolean done = FALSE;
  const GOptionEntry entries[] = {
    { "offline", 0, 0, G_OPTION_ARG_NONE, &options.common.offline, "Download nothing", NULL },
    { "mirror", 0, 0, G_OPTION_ARG_STRING, &options.common.mirror, "Package mirror", "URL" },
    { "arch", 0, 0, G_OPTION_ARG_STRING, &options.common.arch, "Architecture of the result", "ARCH" },
    REQUEST_COMPAT (options.common),
    { "compression", 0, 0, G_OPTION_ARG_INT, &options.compression, "The level that the image was made with", "LEVEL" },
    { "extras", 0, 0, G_OPTION_ARG_STRING, &options.extras, "What was made beside it", "LIST" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "Print JSON", NULL },
    { NULL },
  };
  int status = -1;

  g_set_prgname ("appbuild verify"); /* for "Usage:" */
  if (verb_parse_options (&verb_verify, DESCRIPTION, entries, FALSE, &argc, &argv, &done, error) && !done)
    {
      if (argc != 3)
        error_throw_code (error, ERROR_USAGE, "a manifest and an image that was built from it are wanted");
      else
        {
          options.common.event = options.json ? request_ignore_event : NULL;
          request = request_load (argv[1], &options.common, TRUE, error);
        }
    }
  autofd image = request != NULL ? file_open (AT_FDCWD, argv[2], O_RDONLY | O_NONBLOCK, 0, error) : -1;
  ImageInfo info;
  /* Before a build of hours begins. */
  if (image >= 0 && image_inspect (image, argv[2], &info, error) && request_open_sources (request, &options.common, error))
    {
      if (request->progress != NULL)
        progress_step (request->progress, "building it a second time");
      g_clear_pointer (&request->progress, progress_free);
      status = verify (request, &options, argv[2], error);
    }
  g_free (options.extras);
  request_options_clear (&options.common);
  return done ? 0 : status;
}

const Verb verb_verify = { "verify", "MANIFEST IMAGE", "Build again, otherwise, and compare the bytes", run };
