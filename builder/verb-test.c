/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/terminal.h"
#include "builder/build.h"
#include "builder/leftovers.h"
#include "builder/manifest/tests.h"
#include "builder/request.h"
#include "builder/resolved.h"
#include "builder/state.h"
#include "builder/testing.h"
#include "builder/verbs.h"
#include "image/image.h"

#define DESCRIPTION                                                                  \
  "Of an image: those that it was built with, which it holds.  Of a manifest: the\n" \
  "modules that changed are built first.  Each is run in the app's own sandbox."

typedef struct
{
  RequestOptions common;
  char *state_dir;
  gboolean verbose, json;
  GPtrArray *failures;         /* TestingFailure */
} TestOptions;

static void
test_options_clear (TestOptions *options)
{
  request_options_clear (&options->common);
  g_free (options->state_dir);
  g_clear_pointer (&options->failures, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TestOptions, test_options_clear)

static int
echo_fd (const TestOptions *options)
{
  return !options->verbose ? -1 : options->json ? STDERR_FILENO : STDOUT_FILENO;
}

static void
print_json (const TestOptions *options, const char *what, guint n)
{
  g_autoptr (JsonBuilder) json = json_builder_begin_object (json_builder_new ());

  json_add_string (json, "tested", what);
  json_add_integer (json, "tests", n);
  json_builder_set_member_name (json, "failures");
  json_builder_begin_array (json);
  for (guint i = 0; i < options->failures->len; i++)
    {
      const TestingFailure *failure = options->failures->pdata[i];

      json_builder_begin_object (json);
      json_add_string (json, "file", failure->place.file);
      json_add_integer (json, "line", failure->place.line);
      json_add_integer (json, "column", failure->place.column);
      json_add_string (json, "test", failure->test);
      json_add_string (json, "text", failure->text);
      json_add_string (json, "message", failure->message);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
  json_builder_end_object (json);
  json_print (json);
}

/* Tests that failed are an error, and told all the same; where none could be run there is nothing to tell. */
static int
report (const TestOptions *options, const char *what, gboolean ok, guint n)
{
  g_autofree char *safe = terminal_escape (what, FALSE);

  if (options->json && (ok || options->failures->len > 0))
    print_json (options, what, n);
  else if (ok)
    printf ("%s: %u test%s passed\n", safe, n, n == 1 ? "" : "s");
  return ok ? 0 : -1;
}

static gboolean
throw_no_tests (const char *what, GError **error)
{
  return error_throw (error, "'%s' has no tests; they are the manifest's key \"tests\", see appbuild.yaml(5)", what);
}

static int
test_manifest (const char *path, const TestOptions *options, GError **error)
{
  g_autoptr (Request) loaded = request_load (path, &options->common, TRUE, error);
  BuildResult result = { 0 };

  if (loaded == NULL || !request_open_sources (loaded, &options->common, error))
    return -1;
  if (loaded->manifest->tests == NULL || loaded->manifest->tests->len == 0)
    return throw_no_tests (path, error) ? 0 : -1;
  g_autofree char *state = options->state_dir != NULL ? g_strdup (options->state_dir)
                                                      : build_state_default_path (loaded->manifest->id, path, loaded->plan->arch);
  const BuildRequest request = {
    .plan = loaded->plan,
    .sources = &loaded->sources,
    .state_path = state,
    .echo_fd = echo_fd (options),
    .test_failures = options->failures,
    .test_only = TRUE,
  };
  gboolean ok = build_run (&request, &result, error);
  guint n = result.n_tests;
  g_clear_pointer (&loaded->progress, progress_free);
  if (ok)
    build_result_clear (&result);
  return report (options, path, ok, n);
}

static GPtrArray *
read_tests (int image_fd, const char *path, GError **error)
{
  g_autoptr (GPtrArray) problems = manifest_problems_new ();
  g_autofree char *name = g_strconcat (path, "/manifest.json", NULL);
  gsize length = 0;
  g_autofree char *text = image_read_file (image_fd, path, "files/" RESOLVED_NAME, RESOLVED_MAX, &length, error);
  GPtrArray *tests = text != NULL ? manifest_tests_parse (name, text, length, problems) : NULL;

  if (text != NULL && tests == NULL)
    {
      g_autofree char *lines = manifest_problems_format (problems);
      error_throw (error, "the tests in '%s' cannot be read:\n%s", path, lines);
    }
  return tests;
}

/* The home of the tests is a folder in the cache. */
static gboolean
test_in_cache (const char *image, const GPtrArray *tests, const TestOptions *options, guint *ret_n, GError **error)
{
  g_autofree char *cache = g_build_filename (g_get_user_cache_dir (), "nacelle", NULL);
  g_autofree char *name = NULL;

  if (g_mkdir_with_parents (cache, 0700) < 0)
    return error_throw (error, "cannot make the cache directory '%s'; is HOME right?", cache);
  autofd cache_fd = file_open (AT_FDCWD, cache, O_RDONLY | O_DIRECTORY, 0, error);
  autofd fd = cache_fd >= 0 ? leftovers_mkdtemp (cache_fd, "look-", &name, error) : -1;
  if (fd < 0)
    return FALSE;
  g_autofree char *place = g_build_filename (cache, name, NULL);
  const TestingRequest request = { .image = image, .tests = tests, .place_fd = fd, .place = place, .echo_fd = echo_fd (options),
                                   .failures = options->failures };
  gboolean ok = testing_run (&request, ret_n, error);
  (void) file_remove_tree (cache_fd, name, NULL); /* it is in the cache, where nobody minds it */
  return ok;
}

static int
test_image (const char *path, int image_fd, const TestOptions *options, GError **error)
{
  g_autofree char *absolute = g_canonicalize_filename (path, NULL);
  g_autoptr (GPtrArray) tests = read_tests (image_fd, path, error);
  guint n = 0;

  if (tests == NULL)
    return -1;
  if (tests->len == 0)
    return throw_no_tests (path, error) ? 0 : -1;
  gboolean ok = test_in_cache (absolute, tests, options, &n, error);
  return report (options, path, ok, n);
}

static int
run (int argc, char **argv, GError **error)
{
  g_auto (TestOptions) options = { 0 };
  gboolean done = FALSE;
  const GOptionEntry entries[] = {
    { "state-dir", 0, 0, G_OPTION_ARG_FILENAME, &options.state_dir, "The DIR that the build was given", "DIR" },
    { "offline", 0, 0, G_OPTION_ARG_NONE, &options.common.offline, "Download nothing", NULL },
    { "mirror", 0, 0, G_OPTION_ARG_STRING, &options.common.mirror, "Package mirror", "URL" },
    { "arch", 0, 0, G_OPTION_ARG_STRING, &options.common.arch, "Architecture of the result", "ARCH" },
    REQUEST_COMPAT (options.common),
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &options.verbose, "Say what is tried", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "Print JSON", NULL },
    { NULL },
  };
  g_autoptr (GError) no_image = NULL;
  ImageInfo info;

  umask (022);
  if (!verb_parse_options (&verb_test, DESCRIPTION, entries, FALSE, &argc, &argv, &done, error))
    return -1;
  if (done)
    return 0;
  if (argc != 2)
    {
      error_throw_code (error, ERROR_USAGE, "one manifest or image is wanted");
      return -1;
    }
  options.failures = g_ptr_array_new_with_free_func (testing_failure_free);
  options.common.event = options.json ? request_ignore_event : NULL;
  autofd fd = file_open (AT_FDCWD, argv[1], O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, error);
  if (fd < 0)
    return -1;
  if (image_inspect (fd, argv[1], &info, &no_image))
    return test_image (argv[1], fd, &options, error);
  if (image_begins (fd))   /* a damaged one */
    {
      g_propagate_error (error, g_steal_pointer (&no_image));
      return -1;
    }
  return test_manifest (argv[1], &options, error);
}

const Verb verb_test = { "test", "MANIFEST|IMAGE", "Run the tests of a manifest or an image again", run };
