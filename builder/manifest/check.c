/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/manifest/check.h"

#include "builder/manifest/problem.h"
#include "builder/manifest/value.h"
#include "bundle/permissions.h"

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
    manifest_problem_error (problems, source->place, "missing-key", "this source needs \"%s\"", key);
}

/* A file of this machine that was written as a URL is a path. */
static void
take_local_url (ManifestSource *source)
{
  const ManifestPlace place = source->place, at = manifest_key_place (source, "url");
  g_autofree char *path = source->url != NULL && source->path == NULL && g_str_has_prefix (source->url, "file:///")
                            ? g_filename_from_uri (source->url, NULL, NULL) : NULL;

  if (path == NULL)
    return;
  source->path = g_steal_pointer (&path);
  g_clear_pointer (&source->url, g_free);
  manifest_key_remove (source, "url");
  source->place = at;
  manifest_key_add (source, "path");
  source->place = place;
}

/* A download is what its hash says, or nothing. */
static void
check_download (const ManifestSource *source, const ManifestNode *map, gboolean locked, GPtrArray *problems)
{
  if (!has (map, "url") && !has (map, "path"))
    manifest_problem_error (problems, source->place, "missing-key", "this source needs \"url\" or \"path\"");
  if (!has (map, "url") && has (map, "mirror-urls"))
    manifest_problem_warning (problems, manifest_key_place (source, "mirror-urls"), "no-effect",
                              "\"mirror-urls\" has no effect without an \"url\" that it mirrors");
  if (source->url != NULL && g_str_has_prefix (source->url, "data:"))
    {
      if (!is_type (source, "file"))
        manifest_problem_error (problems, source->place, "value", "only a source of type file can have a data: URL");
      need (source, map, "dest-filename", problems);
      return;
    }
  if (!has (map, "url") || has (map, "sha256") || has (map, "sha512"))
    return;
  if (!has (map, "md5") && !has (map, "sha1") && locked)
    return;
  if (!has (map, "md5") && !has (map, "sha1"))
    manifest_problem_error (problems, source->place, "no-hash",
                            "a download needs a hash; add \"sha256\", which sha256sum(1) prints of the file");
  else
    manifest_problem_warning (problems, source->place, "weak-hash",
                              "md5 and sha1 can be forged, so this download is not protected; add \"sha256\"");
}

static void
check_patch (const ManifestSource *source, const ManifestNode *map, GPtrArray *problems)
{
  if (has (map, "path") == has (map, "paths"))
    manifest_problem_error (problems, source->place, "missing-key", "a patch needs one of \"path\" and \"paths\"");
  if (source->use_git && source->use_git_am)
    manifest_problem_error (problems, source->place, "conflict", "\"use-git\" and \"use-git-am\" exclude each other");
}

static const char *const extra_data_keys[] = { "filename", "url", "sha256", "size" };

/* Public manifests have tags here, which git takes as well; a part of a commit can neither be fetched nor trusted. */
static void
check_commit (ManifestSource *source, GPtrArray *problems)
{
  ManifestPlace place = manifest_key_place (source, "commit");
  g_autoptr (GError) error = NULL;

  if (source->commit == NULL || value_check_commit (source->commit, &error))
    return;
  if (source->tag != NULL || source->branch != NULL || source->commit[strspn (source->commit, "0123456789abcdefABCDEF")] == '\0')
    {
      manifest_problem_error (problems, place, "value", "\"commit\": %s", error->message);
      return;
    }
  manifest_problem_warning (problems, place, "no-commit",
                            "\"commit\": this is a name and no commit; it is taken for a tag, which may move");
  source->tag = g_steal_pointer (&source->commit);
}

/* How flatpak-builder's git gets there is nothing that a build should depend on. */
static void
check_git_url (const ManifestSource *source, GPtrArray *problems)
{
  const char *host = source->url != NULL ? strstr (source->url, "://") : NULL;

  if (host == NULL || g_str_has_prefix (source->url, "http") || g_str_has_prefix (source->url, "file:"))
    return;
  host += strlen ("://");
  if (g_str_has_prefix (source->url, "git://"))
    {
      manifest_problem_warning (problems, manifest_key_place (source, "url"), "plain-http",
                                "\"url\": by git:// others can see and change what is downloaded; https://%s is fetched instead", host);
      return;
    }
  if (memchr (host, '@', strcspn (host, "/")) != NULL)
    host = strchr (host, '@') + 1;
  manifest_problem_error (problems, manifest_key_place (source, "url"), "value",
                          "\"url\": \"%s\" is fetched neither by http nor by https; most servers have the same at https://%s", source->url,
                          host);
}

/* Without a commit, what is built is whatever the repository holds on the day of the build. */
static void
check_repository (ManifestSource *source, const ManifestNode *map, gboolean locked, GPtrArray *problems)
{
  gboolean git = is_type (source, "git");

  if (!has (map, "url") && !(git && has (map, "path")))
    manifest_problem_error (problems, source->place, "missing-key",
                            git ? "this source needs \"url\" or \"path\"" : "this source needs \"url\"");
  if (has (map, "url") && has (map, "path"))
    manifest_problem_error (problems, source->place, "conflict", "\"url\" and \"path\" exclude each other in a git source");
  if (has (map, "branch") && has (map, "tag"))
    manifest_problem_error (problems, source->place, "conflict", "\"branch\" and \"tag\" exclude each other");
  if (git)
    {
      check_commit (source, problems);
      check_git_url (source, problems);
    }
  if (git && !has (map, "commit") && !has (map, "path") && !locked)
    manifest_problem_warning (problems, source->place, "no-commit",
                              "this source has no \"commit\", so another build may get something else; git ls-remote URL %s prints one",
                            source->tag != NULL ? "TAG" : "BRANCH");
  if (!git && !has (map, "revision"))
    manifest_problem_warning (problems, source->place, "no-commit",
                              "this source has no \"revision\", so another build may get something else");
}

/* An empty file is a file. */
static void
need_contents (const ManifestSource *source, const ManifestNode *map, GPtrArray *problems)
{
  g_autofree guchar *bytes = NULL;
  gsize length;

  if (manifest_node_entry (map, "contents") == NULL)
    manifest_problem_error (problems, source->place, "missing-key", "this source needs \"contents\"");
  if (!source->base64 || source->contents == NULL || *source->contents == '\0')
    return;
  bytes = g_base64_decode (source->contents, &length);
  if (length == 0)
    manifest_problem_error (problems, manifest_key_place (source, "contents"), "value", "\"contents\" is not base64");
}

void
check_source (ManifestSource *source, const ManifestNode *map, gboolean locked, GPtrArray *problems)
{
  if (!is_type (source, "svn") && !is_type (source, "bzr"))
    take_local_url (source);
  if (is_type (source, "archive") || is_type (source, "file"))
    check_download (source, map, locked, problems);
  else if (is_type (source, "patch"))
    check_patch (source, map, problems);
  else if (is_type (source, "dir"))
    need (source, map, "path", problems);
  else if (is_type (source, "script") || is_type (source, "shell"))
    need (source, map, "commands", problems);
  else if (is_type (source, "git") || is_type (source, "svn") || is_type (source, "bzr"))
    check_repository (source, map, locked, problems);
  else if (is_type (source, "inline"))
    {
      need (source, map, "dest-filename", problems);
      need_contents (source, map, problems);
    }
  else if (is_type (source, "extra-data"))
    for (gsize i = 0; i < G_N_ELEMENTS (extra_data_keys); i++)
      need (source, map, extra_data_keys[i], problems);
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
    manifest_problem_error (problems, module->place, "missing-key", "a module needs \"name\"");
  if (module->cmake && g_strcmp0 (module->buildsystem, "cmake") != 0)
    manifest_problem_error (problems, manifest_key_place (module, "cmake"), "conflict", "\"cmake\" and \"buildsystem\" disagree");
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
    manifest_problem_error (problems, manifest->place, "missing-key", "\"%s\" is missing; \"runtime\" and \"sdk\" belong together",
                            runtime ? "sdk" : "runtime");
  else if (!runtime && !(manifest->build_runtime && modules_have_packages (manifest->modules)))
    manifest_problem_error (problems, manifest->place, "missing-key",
                            "\"runtime\" and \"sdk\" are missing; only a runtime made of packages has none");
}

void
check_manifest (const Manifest *manifest, const ManifestNode *map, GPtrArray *problems)
{
  if (!has (map, "id") && !has (map, "app-id"))
    manifest_problem_error (problems, manifest->place, "missing-key",
                            "\"id\" is missing: the name of the result, such as org.example.Editor");
  if (!has (map, "modules"))
    manifest_problem_error (problems, manifest->place, "missing-key", "\"modules\" is missing or empty; there is nothing to build");
  if (manifest->build_runtime && manifest->command != NULL)
    manifest_problem_warning (problems, manifest->place, "no-effect", "\"command\" has no effect: a runtime is not run by itself");
  if (manifest->build_runtime && manifest->build_extension)
    manifest_problem_error (problems, manifest_key_place (manifest, "build-extension"), "conflict",
                            "\"build-runtime\" and \"build-extension\" exclude each other");
  if (manifest->build_extension && manifest->tests != NULL)
    manifest_problem_error (problems, manifest_key_place (manifest, "tests"), "conflict", "\"tests\": an extension is not run by itself");
  check_runtime (manifest, map, problems);
}

void
check_extension (const ManifestExtension *extension, const ManifestNode *map, GPtrArray *problems)
{
  if (!has (map, "directory"))
    manifest_problem_warning (problems, extension->place, "no-effect",
                              "an extension point without \"directory\" only changes one of that name that is inherited");
}

/* Each text, as the finish-arg that it stands for. */
static void
check_permission_values (gconstpointer entry, const Field *field, GPtrArray *problems)
{
  g_autoptr (Permissions) layer = permissions_new ();
  char **value = G_STRUCT_MEMBER (char **, entry, field->offset);

  for (; value != NULL && *value != NULL; value++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *argument = g_strconcat (field->option, *value, field->suffix, NULL);

      if (!permissions_add_argument (layer, argument, "permissions", &error))
        manifest_problem_error (problems, manifest_key_place (entry, field->key), "value", "\"%s\": %s", field->key, error->message);
    }
}

void
check_permission (const ManifestPermission *permission, const ManifestNode *map, GPtrArray *problems)
{
  guint n = 0;

  for (const Field *field = permission_fields.fields; field->key != NULL; field++)
    if (field->option != NULL)
      {
        n += has (map, field->key) ? 1 : 0;
        check_permission_values (permission, field, problems);
      }
  if (n == 0)
    manifest_problem_error (problems, permission->place, "missing-key", "this entry of \"permissions\" grants nothing");
}

void
check_network (const ManifestNetwork *network, GPtrArray *problems)
{
  gboolean isolated = network->mode != NULL && *network->mode != NULL && g_str_equal (*network->mode, "isolated");

  for (const Field *field = network_fields.fields; field->key != NULL; field++)
    if (field->option != NULL)
      check_permission_values (network, field, problems);
  if (network->mode == NULL || g_strv_length (network->mode) != 1)
    manifest_problem_error (problems, network->place, "missing-key", "\"network\" needs one \"mode\": host, isolated or none");
  else if (network->publish != NULL && !isolated)
    manifest_problem_error (problems, manifest_key_place (network, "publish"), "conflict",
                            "\"publish\" leads into a network of the app's own, which only the mode isolated gives");
}
