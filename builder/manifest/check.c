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
has (const ManifestNode *map, const char *key)
{
  const ManifestEntry *entry = manifest_node_entry (map, key);

  return entry != NULL && !manifest_node_is_null (entry->value)
         && (entry->value->kind == NODE_TEXT || entry->value->n > 0);
}

static void
need (const ManifestSource *source, const ManifestNode *map, const char *key, GPtrArray *problems)
{
  if (!has (map, key))
    manifest_problem_error (problems, source->place, "this source needs \"%s\"", key);
}

/* A download is what its hash says, or nothing. */
static void
check_download (const ManifestSource *source, const ManifestNode *map, GPtrArray *problems)
{
  if (!has (map, "url") && !has (map, "path"))
    manifest_problem_error (problems, source->place, "this source needs \"url\" or \"path\"");
  if (!has (map, "url") && has (map, "mirror-urls"))
    manifest_problem_error (problems, source->place, "\"mirror-urls\" needs an \"url\" that it mirrors");
  if (source->url != NULL && g_str_has_prefix (source->url, "data:"))
    {
      if (!is_type (source, "file"))
        manifest_problem_error (problems, source->place, "only a source of type file can have a data: URL");
      need (source, map, "dest-filename", problems);
      return;
    }
  if (!has (map, "url") || has (map, "sha256") || has (map, "sha512"))
    return;
  if (!has (map, "md5") && !has (map, "sha1"))
    manifest_problem_error (problems, source->place, "a download needs a hash; add \"sha256\"");
  else
    manifest_problem_warning (problems, source->place,
                              "md5 and sha1 can be forged, so this download is not protected; add \"sha256\"");
}

static void
check_patch (const ManifestSource *source, const ManifestNode *map, GPtrArray *problems)
{
  if (has (map, "path") == has (map, "paths"))
    manifest_problem_error (problems, source->place, "a patch needs one of \"path\" and \"paths\"");
  if (source->use_git && source->use_git_am)
    manifest_problem_error (problems, source->place, "\"use-git\" and \"use-git-am\" exclude each other");
}

void
check_source (const ManifestSource *source, const ManifestNode *map, GPtrArray *problems)
{
  if (is_type (source, "archive") || is_type (source, "file"))
    check_download (source, map, problems);
  else if (is_type (source, "patch"))
    check_patch (source, map, problems);
  else if (is_type (source, "inline"))
    {
      need (source, map, "contents", problems);
      need (source, map, "dest-filename", problems);
    }
  else if (is_type (source, "dir"))
    need (source, map, "path", problems);
  else if (is_type (source, "script") || is_type (source, "shell"))
    need (source, map, "commands", problems);
  else if (is_type (source, "packages"))
    {
      need (source, map, "suite", problems);
      need (source, map, "packages", problems);
    }
}

void
check_module (const ManifestModule *module, const ManifestNode *map, GPtrArray *problems)
{
  if (!has (map, "name"))
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
check_runtime (const Manifest *manifest, const ManifestNode *map, GPtrArray *problems)
{
  gboolean runtime = has (map, "runtime"), sdk = has (map, "sdk");

  if (runtime != sdk)
    manifest_problem_error (problems, manifest->place, "\"%s\" is missing; \"runtime\" and \"sdk\" belong together",
                            runtime ? "sdk" : "runtime");
  else if (!runtime && !(manifest->build_runtime && modules_have_packages (manifest->modules)))
    manifest_problem_error (problems, manifest->place,
                            "\"runtime\" and \"sdk\" are missing; only a runtime made of packages has none");
}

void
check_manifest (const Manifest *manifest, const ManifestNode *map, GPtrArray *problems)
{
  if (!has (map, "id") && !has (map, "app-id"))
    manifest_problem_error (problems, manifest->place, "\"id\" is missing");
  if (!has (map, "modules"))
    manifest_problem_error (problems, manifest->place, "\"modules\" is missing or empty; there is nothing to build");
  if (manifest->build_runtime && manifest->command != NULL)
    manifest_problem_warning (problems, manifest->place, "\"command\" has no effect: a runtime is not run by itself");
  check_runtime (manifest, map, problems);
}
