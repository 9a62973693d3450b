/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/request.h"

#include <stdio.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/collect-total.h"
#include "builder/leftovers.h"

void
request_options_clear (RequestOptions *options)
{
  g_clear_pointer (&options->arch, g_free);
  g_clear_pointer (&options->mirror, g_free);
}

const char *
request_manifest_path (int argc, char **argv, GError **error)
{
  if (argc < 2)
    {
      error_throw_code (error, ERROR_USAGE, "no manifest was given");
      return NULL;
    }
  if (argc > 2)
    {
      error_throw_code (error, ERROR_USAGE, "one manifest at a time: '%s' is one too many", argv[2]);
      return NULL;
    }
  return argv[1];
}

/* What to say of a manifest with errors that flatpak-builder would take. */
static const char *
hint_for (const char *path, const RequestOptions *options, const GPtrArray *problems)
{
  const BuildPlanOptions plan_options = { .arch = options->arch };
  g_autoptr (GPtrArray) others = manifest_problems_new ();
  g_autoptr (Manifest) manifest = NULL;
  g_autoptr (BuildPlan) plan = NULL;
  gboolean bad = FALSE;

  for (guint i = 0; i < problems->len; i++)
    bad = bad || ((const ManifestProblem *) problems->pdata[i])->is_error;
  if (!bad || options->compat)
    return "";
  manifest = manifest_load_full (path, TRUE, others);
  plan = manifest != NULL ? build_plan_new (manifest, &plan_options, others) : NULL;
  return plan != NULL ? " (flatpak-builder would go on; so does --compat, with a warning for each)" : "";
}

static gboolean
report_problems (const char *path, const GPtrArray *problems, const char *hint, GError **error)
{
  g_autofree char *text = manifest_problems_format (problems);
  guint n_errors = 0;

  for (guint i = 0; i < problems->len; i++)
    n_errors += ((const ManifestProblem *) problems->pdata[i])->is_error ? 1 : 0;
  fputs (text, stderr);
  if (n_errors == 0)
    return TRUE;
  return error_throw (error, "'%s' has %u error%s; nothing was done%s", path, n_errors, n_errors == 1 ? "" : "s", hint);
}

char *
request_lock_path (const Manifest *manifest)
{
  g_autofree char *folder = g_path_get_dirname (manifest->path);

  if (manifest->lock == NULL)
    return source_lock_path (manifest->path);
  return g_str_equal (folder, ".") ? g_strdup (manifest->lock) : g_build_filename (folder, manifest->lock, NULL);
}

Request *
request_load (const char *path, const RequestOptions *options, gboolean with_plan, GError **error)
{
  g_autoptr (Request) request = g_new0 (Request, 1);
  g_autoptr (GPtrArray) problems = manifest_problems_new ();

  request->sources.cache_fd = request->sources.use_fd = -1;
  if (options->jobs < 0 || options->jobs > 4096)
    {
      error_throw_code (error, ERROR_USAGE, "-j takes a number from 1 to 4096");
      return NULL;
    }
  request->manifest = manifest_load_full (path, options->compat, problems);
  if (request->manifest != NULL)
    request->lock_path = request_lock_path (request->manifest);
  if (request->manifest != NULL && !options->unlocked && !source_lock_apply (request->manifest, request->lock_path, problems))
    with_plan = FALSE; /* of what nobody knows */
  if (request->manifest != NULL && with_plan)
    {
      const BuildPlanOptions plan_options = { .arch = options->arch, .jobs = (unsigned) options->jobs };

      request->plan = build_plan_new (request->manifest, &plan_options, problems);
    }
  if (!report_problems (path, problems, hint_for (path, options, problems), error))
    return NULL;
  if (request->manifest == NULL || (with_plan && request->plan == NULL))
    {
      error_throw (error, "'%s' could not be %s", path, request->manifest == NULL ? "read" : "planned");
      return NULL;
    }
  return g_steal_pointer (&request);
}

/* Permissions of the build itself, which the author of the manifest gave to himself. */
static gboolean
check_access (const Request *request, GError **error)
{
  for (guint i = 0; request->plan != NULL && i < request->plan->modules->len; i++)
    {
      const BuildModule *module = request->plan->modules->pdata[i];

      if (!build_access_is_closed (module->access) || (module->module->run_tests && !build_access_is_closed (module->test_access)))
        return error_throw_code (error, ERROR_REFUSED, "module '%s' wants the network or other things of this machine for its commands "
                                 "(build-args, test-args), and with --sandbox none has them", module->name);
    }
  return TRUE;
}

/* Nor a file of this machine that is not the manifest's. */
static gboolean
check_parts (const Request *request, GError **error)
{
  for (guint i = 0; i < request->manifest->files->len; i++)
    if (g_str_has_prefix (request->manifest->files->pdata[i], "../"))
      return error_throw_code (error, ERROR_REFUSED, "the part '%s' of the manifest lies outside of its folder, and with --sandbox nothing "
                               "there is used", (const char *) request->manifest->files->pdata[i]);
  return TRUE;
}

/* What the caller's environment holds is nothing for a stranger's manifest. */
static gboolean
check_secrets (const Request *request, GError **error)
{
  for (guint i = 0; request->plan != NULL && i < request->plan->modules->len; i++)
    {
      const BuildModule *module = request->plan->modules->pdata[i];
      const char *name = module->secret_env[0] ?: module->secret_opts[0];

      if (name != NULL)
        return error_throw_code (error, ERROR_REFUSED, "module '%s' wants a variable of yours (%s: secret-env, secret-opts), and with "
                                 "--sandbox none is handed on", module->name, name);
    }
  return TRUE;
}

gboolean
request_open_sources (Request *request, const RequestOptions *options, GError **error)
{
  g_autofree char *cache = g_build_filename (g_get_user_cache_dir (), "nacelle", NULL);
  const char *mirror = options->mirror != NULL ? options->mirror : g_getenv ("NACELLE_MIRROR");

  if (options->sandbox && (!check_access (request, error) || !check_parts (request, error) || !check_secrets (request, error)))
    return FALSE;
  if (g_mkdir_with_parents (cache, 0700) < 0)
    return error_throw (error, "cannot make the cache directory '%s'; is HOME right?", cache);
  request->sources.cache_fd = file_open (AT_FDCWD, cache, O_RDONLY | O_DIRECTORY, 0, error);
  if (request->sources.cache_fd < 0)
    return FALSE;
  request->sources.use_fd = collect_use (request->sources.cache_fd);
  (void) leftovers_remove (cache, FALSE, NULL); /* `appbuild gc` tells why it cannot */
  request->progress = progress_new (request->manifest->id);
  request->sources.arch = request->plan != NULL ? request->plan->arch : options->arch != NULL ? options->arch : ref_native_arch ();
  request->sources.mirror = mirror != NULL && *mirror != '\0' ? mirror : NULL;
  request->sources.manifest_mirror = request->manifest->mirror;
  request->sources.manifest_path = request->manifest->path;
  request->sources.state_fd = request->sources.output_fd = -1;
  request->sources.offline = options->offline;
  request->sources.confine_dir = options->sandbox ? request->manifest->dir : NULL;
  if (options->event != NULL)
    g_clear_pointer (&request->progress, progress_free);
  request->sources.progress = request->progress;
  request->report = fetch_report_new (request->progress, options->event);
  request->sources.report = request->report;
  request->sources.lock_path = request->lock_path;
  return TRUE;
}

void
request_print_event (const char *text)
{
  printf ("%s\n", text);
  fflush (stdout);
}

void
request_ignore_event (const char *text)
{
}

void
request_free (Request *request)
{
  if (request == NULL)
    return;
  fetch_report_free (request->report);
  progress_free (request->progress);
  file_close_fd (&request->sources.cache_fd);
  file_close_fd (&request->sources.use_fd);
  build_plan_free (request->plan);
  manifest_free (request->manifest);
  g_free (request->lock_path);
  g_free (request);
}
