/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/manifest/check.h"

#include "builder/manifest/problem.h"

#include <string.h>

static gboolean
is_type (const ManifestSource *source, const char *type)
{
  return g_str_equal (source->type, type);
}

static gboolean
is_empty (char *const *list)
{
  return list == NULL || *list == NULL;
}

/* A download is what its hash says, or nothing. */
static void
check_download (const ManifestSource *source, GPtrArray *problems)
{
  if (source->url == NULL && source->path == NULL)
    manifest_problem_error (problems, source->place, "this source needs \"url\" or \"path\"");
  if (source->url == NULL && !is_empty (source->mirror_urls))
    manifest_problem_error (problems, source->place, "\"mirror-urls\" needs an \"url\" that it mirrors");
  if (source->url == NULL || source->sha256 != NULL || source->sha512 != NULL)
    return;
  if (source->md5 == NULL && source->sha1 == NULL)
    manifest_problem_error (problems, source->place, "a download needs a hash; add \"sha256\"");
  else
    manifest_problem_warning (problems, source->place,
                              "md5 and sha1 can be forged, so this download is not protected; add \"sha256\"");
}

static void
check_patch (const ManifestSource *source, GPtrArray *problems)
{
  if ((source->path != NULL) == !is_empty (source->paths))
    manifest_problem_error (problems, source->place, "a patch needs one of \"path\" and \"paths\"");
  if (source->use_git && source->use_git_am)
    manifest_problem_error (problems, source->place, "\"use-git\" and \"use-git-am\" exclude each other");
}

void
check_source (const ManifestSource *source, GPtrArray *problems)
{
  if (is_type (source, "archive") || is_type (source, "file"))
    check_download (source, problems);
  else if (is_type (source, "patch"))
    check_patch (source, problems);
  else if (is_type (source, "dir") && source->path == NULL)
    manifest_problem_error (problems, source->place, "this source needs \"path\"");
  else if ((is_type (source, "script") || is_type (source, "shell")) && is_empty (source->commands))
    manifest_problem_error (problems, source->place, "this source needs \"commands\"");
  else if (is_type (source, "packages"))
    {
      if (source->suite == NULL)
        manifest_problem_error (problems, source->place, "this source needs \"suite\"");
      if (is_empty (source->packages))
        manifest_problem_error (problems, source->place, "this source needs \"packages\"");
    }
}

void
check_module (const ManifestModule *module, GPtrArray *problems)
{
  if (module->name == NULL)
    manifest_problem_error (problems, module->place, "a module needs \"name\"");
}

static gboolean
modules_have_packages (const GPtrArray *modules)
{
  for (guint i = 0; i < modules->len; i++)
    {
      const ManifestModule *module = g_ptr_array_index (modules, i);

      for (guint j = 0; j < module->sources->len; j++)
        if (g_strcmp0 (((const ManifestSource *) g_ptr_array_index (module->sources, j))->type, "packages") == 0)
          return TRUE;
      if (modules_have_packages (module->modules))
        return TRUE;
    }
  return FALSE;
}

static void
check_runtime (const Manifest *manifest, GPtrArray *problems)
{
  gboolean bare = manifest->build_runtime && modules_have_packages (manifest->modules);

  if (manifest->runtime != NULL && manifest->sdk != NULL)
    return;
  if (manifest->runtime == NULL && manifest->sdk == NULL)
    {
      if (!bare)
        manifest_problem_error (problems, manifest->place,
                                "\"runtime\" and \"sdk\" are missing; only a runtime made of packages has none");
    }
  else
    manifest_problem_error (problems, manifest->place, "\"%s\" is missing; \"runtime\" and \"sdk\" belong together",
                            manifest->runtime == NULL ? "runtime" : "sdk");
}

void
check_manifest (const Manifest *manifest, GPtrArray *problems)
{
  if (manifest->id == NULL)
    manifest_problem_error (problems, manifest->place, "\"id\" is missing");
  if (manifest->modules->len == 0)
    manifest_problem_error (problems, manifest->place, "\"modules\" is missing or empty; there is nothing to build");
  if (manifest->build_runtime && manifest->command != NULL)
    manifest_problem_warning (problems, manifest->place, "\"command\" has no effect: a runtime is not run by itself");
  check_runtime (manifest, problems);
}
