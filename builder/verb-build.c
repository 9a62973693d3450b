/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "base/terminal.h"
#include "builder/build.h"
#include "builder/output.h"
#include "builder/request.h"
#include "builder/state.h"
#include "builder/vary/vary.h"
#include "builder/verbs.h"

typedef struct
{
  RequestOptions common;
  char *output, *repo, *state_dir;
  char *gpg_key, *gpg_homedir;
  char *stop_at, *shell, *extras;
  gboolean install, verbose, ccache, no_tests, keep_build_dirs, vary, json;
  gboolean split_locales, debug, sources, sbom;   /* of extras */
  gint compression;
} BuildVerbOptions;

static void
build_verb_options_clear (BuildVerbOptions *options)
{
  request_options_clear (&options->common);
  g_free (options->output);
  g_free (options->repo);
  g_free (options->state_dir);
  g_free (options->gpg_key);
  g_free (options->gpg_homedir);
  g_free (options->stop_at);
  g_free (options->shell);
  g_free (options->extras);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BuildVerbOptions, build_verb_options_clear)

static gboolean
parse_extras (BuildVerbOptions *options, GError **error)
{
  const struct { const char *name; gboolean *wanted; } extras[] = {
    { "locale", &options->split_locales }, { "debug", &options->debug }, { "sources", &options->sources }, { "sbom", &options->sbom },
  };
  g_auto (GStrv) names = g_strsplit (options->extras != NULL ? options->extras : "", ",", -1);

  for (gsize i = 0; names[i] != NULL; i++)
    {
      gboolean known = FALSE;

      for (gsize j = 0; j < G_N_ELEMENTS (extras); j++)
        if (strcmp (names[i], extras[j].name) == 0)
          *extras[j].wanted = known = TRUE;
      if (!known)
        return error_throw_code (error, ERROR_USAGE, "--extras takes some of locale, debug, sources and sbom with commas between them, "
                                 "and '%s' is none of these", names[i]);
    }
  return TRUE;
}

static const char description[] =
  "Also --keep-build-dirs --mirror=URL --compression=LEVEL --gpg-homedir=DIR --json\n";

static gboolean
parse (BuildVerbOptions *options, int *argc, char ***argv, gboolean *ret_done, GError **error)
{
  const GOptionEntry entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &options->output, "Write the image to FILE (default: ID.app here)", "FILE" },
    { "install", 0, 0, G_OPTION_ARG_NONE, &options->install, "Install it for this user", NULL },
    { "repo", 0, 0, G_OPTION_ARG_FILENAME, &options->repo, "Commit it to the repository DIR", "DIR" },
    { "gpg-sign", 0, 0, G_OPTION_ARG_STRING, &options->gpg_key, "Sign the commit with this key", "KEYID" },
    { "gpg-homedir", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_FILENAME, &options->gpg_homedir, "Where gpg finds the key", "DIR" },
    { "extras", 0, 0, G_OPTION_ARG_STRING, &options->extras, "Beside FILE, of: locale,debug,sources,sbom", "LIST" },
    { "state-dir", 0, 0, G_OPTION_ARG_FILENAME, &options->state_dir, "Keep cache and logs in DIR", "DIR" },
    { "stop-at", 0, 0, G_OPTION_ARG_STRING, &options->stop_at, "Build only what comes before it", "MODULE" },
    { "build-shell", 0, 0, G_OPTION_ARG_STRING, &options->shell, "The same, configure it, then a shell there", "MODULE" },
    { "keep-build-dirs", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &options->keep_build_dirs,
      "Keep the folders that modules were built in", NULL },
    { "no-tests", 0, 0, G_OPTION_ARG_NONE, &options->no_tests, "Don't try what the key tests says", NULL },
    { "jobs", 'j', 0, G_OPTION_ARG_INT, &options->common.jobs, "Commands, and modules with depends, at a time", "N" },
    { "offline", 0, 0, G_OPTION_ARG_NONE, &options->common.offline, "Download nothing", NULL },
    { "sandbox", 0, 0, G_OPTION_ARG_NONE, &options->common.sandbox, "Use no file outside of MANIFEST's folder", NULL },
    { "mirror", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &options->common.mirror, "Package mirror", "URL" },
    { "arch", 0, 0, G_OPTION_ARG_STRING, &options->common.arch, "Architecture of the result", "ARCH" },
    { "ccache", 0, 0, G_OPTION_ARG_NONE, &options->ccache, "Keep what compilers make, by the SDK's ccache", NULL },
    { "compression", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_INT, &options->compression,
      "zstd level; 0: fast (default), 15: to publish", "LEVEL" },
    { "vary", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &options->vary, "As on another machine", NULL },
    { "json", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &options->json, "Print JSON", NULL },
    REQUEST_COMPAT (options->common),
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &options->verbose, "Show commands and their output", NULL },
    { NULL },
  };

  if (!verb_parse_options (&verb_build, description, entries, FALSE, argc, argv, ret_done, error) || *ret_done)
    return error == NULL || *error == NULL;
  if (options->compression < 0 || options->compression > 22)
    return error_throw_code (error, ERROR_USAGE, "--compression takes a level from 0 to 22");
  if (options->gpg_key != NULL && options->repo == NULL)
    return error_throw_code (error, ERROR_USAGE, "--gpg-sign signs the commit of --repo, which was not given");
  if ((options->stop_at != NULL || options->shell != NULL)
      && (options->install || options->output != NULL || options->repo != NULL || (options->stop_at != NULL && options->shell != NULL)))
    return error_throw_code (error, ERROR_USAGE,
                             "--stop-at and --build-shell make no result: use one of them, without -o, --install and --repo");
  if (options->json && options->shell != NULL)
    return error_throw_code (error, ERROR_USAGE, "--build-shell is for people, and --json for programs: use one of them");
  return parse_extras (options, error);
}

static char *
default_output (const BuildPlan *plan)
{
  return g_strconcat (plan->manifest->id, plan->ref->kind == REF_APP ? ".app" : ".runtime", NULL);
}

static void
end_progress (void *data)
{
  Request *loaded = data;

  g_clear_pointer (&loaded->progress, progress_free);
  loaded->sources.progress = NULL;
  loaded->sources.report = NULL;
}

static void
report_notes (const BuildResult *result)
{
  for (guint i = 0; i < result->notes->len; i++)
    {
      g_autofree char *safe = terminal_escape (result->notes->pdata[i], FALSE);
      fprintf (stderr, "appbuild: note: %s\n", safe);
    }
}

static void
report (const BuildRequest *request, const BuildResult *result)
{
  g_autofree char *ref = ref_format (request->plan->ref);

  printf ("%s: %u module%s built, %u unchanged\n", ref, result->n_built, result->n_built == 1 ? "" : "s", result->n_reused);
  if (result->n_tests > 0)
    printf ("%u test%s passed\n", result->n_tests, result->n_tests == 1 ? "" : "s");
  if (request->output_path != NULL)
    {
      g_autofree char *path = terminal_escape (request->output_path, FALSE);
      g_autofree char *size = terminal_size (result->image_size);
      printf ("%s %s (%s)\n", result->output_unchanged ? "unchanged:" : "wrote", path, size);
    }
  for (guint i = 0; i < result->more_paths->len; i++)
    {
      g_autofree char *path = terminal_escape (result->more_paths->pdata[i], FALSE);
      printf ("wrote %s\n", path);
    }
  if (request->install)
    printf ("installed %s\n", ref);
  for (guint i = 0; i < result->more_refs->len; i++)
    printf ("installed %s\n", (const char *) result->more_refs->pdata[i]);
  if (result->commit != NULL)
    {
      g_autofree char *path = terminal_escape (request->repo_path, FALSE);
      printf ("published to %s as commit %s\n", path, result->commit);
    }
}

static void
print_json (const BuildRequest *request, const BuildResult *result)
{
  g_autoptr (JsonBuilder) json = json_builder_begin_object (json_builder_new ());
  const GPtrArray *const lists[] = { result->more_paths, result->more_refs, result->notes };
  static const char *const names[] = { "more-files", "more-refs", "notes" };
  g_autofree char *ref = ref_format (request->plan->ref);

  json_add_string (json, "ref", ref);
  json_add_integer (json, "built", result->n_built);
  json_add_integer (json, "unchanged", result->n_reused);
  json_add_integer (json, "tests", result->n_tests);
  json_add_string (json, "image", request->output_path);
  json_add_boolean (json, "image-unchanged", result->output_unchanged);
  json_add_integer (json, "image-size", (gint64) result->image_size);
  json_add_boolean (json, "installed", request->install);
  json_add_string (json, "repository", request->repo_path);
  json_add_string (json, "commit", result->commit);
  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
    {
      g_autoptr (GPtrArray) texts = g_ptr_array_copy ((GPtrArray *) lists[i], NULL, NULL);

      g_ptr_array_set_free_func (texts, NULL);
      g_ptr_array_add (texts, NULL);
      json_add_strings (json, names[i], (char *const *) texts->pdata);
    }
  json_builder_end_object (json);
  json_print (json);
}

static int
build (const BuildVerbOptions *options, Request *loaded, mode_t output_mode, GError **error)
{
  const BuildPlan *plan = loaded->plan;
  g_autofree char *state_path = options->state_dir != NULL
                                  ? g_strdup (options->state_dir)
                                  : build_state_default_path (plan->manifest->id, plan->manifest->path, plan->arch);
  gboolean elsewhere = options->install || options->repo != NULL || options->stop_at != NULL || options->shell != NULL;
  g_autofree char *output = options->output != NULL || elsewhere ? g_strdup (options->output) : default_output (plan);
  BuildResult result = { 0 };
  const BuildRequest request = {
    .plan = plan,
    .sources = &loaded->sources,
    .state_path = state_path,
    .echo_fd = !options->verbose ? -1 : options->json ? STDERR_FILENO : STDOUT_FILENO,
    .vary = options->vary,
    .ccache = options->ccache,
    .compression_level = options->compression,
    .output_path = output,
    .output_mode = output_mode,
    .install = options->install,
    .repo_path = options->repo,
    .gpg_key_id = options->gpg_key,
    .gpg_homedir = options->gpg_homedir,
    .split_locales = options->split_locales,
    .debug = options->debug,
    .bundle_sources = options->sources,
    .sbom = options->sbom,
    .keep_build_dirs = options->keep_build_dirs,
    .no_tests = options->no_tests,
    .stop_at = options->stop_at,
    .shell_module = options->shell,
    .begin_session = end_progress,
    .begin_session_data = loaded,
  };

  if (output != NULL && !output_check_path (output, error))
    return -1;
  /* A line that is redrawn and the output of commands don't go together on one terminal. */
  if (options->vary)
    vary_processors ();
  if (options->verbose && terminal_is_interactive ())
    end_progress (loaded);
  gboolean ok = build_run (&request, &result, error);
  end_progress (loaded); /* before anything else is written to the terminal */
  if (!ok)
    return -1;
  int status = result.status;
  if (options->json)
    print_json (&request, &result);
  else
    report_notes (&result);
  if (!options->json && options->shell == NULL)
    report (&request, &result);
  build_result_clear (&result);
  return status;
}

static int
run (int argc, char **argv, GError **error)
{
  g_auto (BuildVerbOptions) options = { 0 };
  g_autoptr (Request) request = NULL;
  gboolean done = FALSE;
  /* The modes of what is built must not depend on the caller's umask; the file that the user gets does. */
  mode_t mask = umask (022);

  if (!parse (&options, &argc, &argv, &done, error))
    return -1;
  if (done)
    return 0;
  const char *path = request_manifest_path (argc, argv, error);
  if (path == NULL)
    return -1;
  options.common.event = options.json ? request_ignore_event : NULL;
  request = request_load (path, &options.common, TRUE, error);
  if (request == NULL || !request_open_sources (request, &options.common, error))
    return -1;
  return build (&options, request, 0666 & ~mask, error);
}

const Verb verb_build = { "build", "MANIFEST", "Build a manifest (taken when no verb is named)", run };
