/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which installed extensions a build has.
 *
 * Only those that the manifest asks for: of the SDK the `sdk-extensions`, of the result those of `add-build-extensions` and inherited
 * points, of the base the `base-extensions`.  A condition (enable-if) counts as it does at a launch on this machine.  What is found is
 * part of the key of the first module.
 */
#include "builder/extend.h"

#include <string.h>

#include "base/error.h"
#include "builder/manifest/problem.h"
#include "builder/plan/bundle-metadata.h"
#include "bundle/condition.h"
#include "store/extension.h"

void
bases_extension_free (gpointer data)
{
  BasesExtension *extension = data;

  ground_free (extension->ground);
  g_free (extension->prefix);
  g_free (extension->place);
  g_free (extension->folder);
  g_free (extension->add_ld_path);
  g_strfreev (extension->merge_dirs);
  g_free (extension);
}

/* `sub`: its own name where it is one of several.  Takes `ground`, which may be NULL. */
static BasesExtension *
extension_new (Ground *ground, const char *prefix, const ExtensionPoint *point, const char *sub)
{
  BasesExtension *extension = g_new0 (BasesExtension, 1);
  g_autofree char *place = extension_point_place (point, sub);

  extension->ground = ground;
  extension->prefix = g_strdup (prefix);
  extension->place = point->subdirectory_suffix != NULL ? g_build_filename (place, point->subdirectory_suffix, NULL) : g_strdup (place);
  extension->folder = sub != NULL ? g_strdup (point->directory) : NULL;
  extension->merge_dirs = g_strdupv (point->merge_dirs);
  if (point->add_ld_path != NULL)
    extension->add_ld_path = g_build_filename (prefix, extension->place, point->add_ld_path, NULL);
  return extension;
}

static const ExtensionPoint *
find_point (const GPtrArray *points, const char *id, const char *tag, const char **ret_sub)
{
  for (guint i = 0; i < points->len; i++)
    {
      const ExtensionPoint *point = points->pdata[i];

      if (extension_point_takes (point, id, ret_sub) && (tag == NULL || g_strcmp0 (point->tag, tag) == 0))
        return point;
    }
  return NULL;
}

/* The first of `versions` that is installed; NULL with ERROR_NOT_FOUND that names the first of them. */
static Ground *
open_version (const char *id, const char *arch, char *const *versions, GError **error)
{
  g_autoptr (GError) first = NULL;

  for (; *versions != NULL; versions++)
    {
      g_autoptr (GError) local = NULL;
      g_autoptr (Ref) ref = ref_new (REF_RUNTIME, id, arch, *versions, error);
      Ground *ground = ref != NULL ? ground_open (ref, &local) : NULL;

      if (ground != NULL || ref == NULL)
        return ground;
      if (!g_error_matches (local, ERROR_DOMAIN, ERROR_NOT_FOUND))
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return NULL;
        }
      if (first == NULL)
        first = g_steal_pointer (&local);
    }
  g_propagate_error (error, g_steal_pointer (&first));
  return NULL;
}

/* "ID", "ID//BRANCH" or "ID/ARCH/BRANCH" of a list.  Without a point it is what flatpak's SDKs call such things: lib/sdk/NAME. */
static gboolean
find_named (const BuildPlan *plan, const char *key, const char *text, const Ground *parent, const char *prefix, gboolean any,
            GPtrArray *extensions, GError **error)
{
  const Ref *parent_ref = parent->deployment->ref;
  g_autoptr (GPtrArray) points = extension_points_new (parent->deployment->metadata->keyfile, parent_ref->branch, error);
  g_autoptr (Ref) ref = ref_parse_partial (REF_RUNTIME, text, plan->arch, parent_ref->branch, error);
  const char *slash = strrchr (text, '/');
  const char *sub = NULL;
  ExtensionPoint standard = { .directory = (char *) "lib/sdk" };

  if (points == NULL || ref == NULL)
    return FALSE;
  const ExtensionPoint *point = find_point (points, ref->id, NULL, &sub);
  const ManifestPlace where = manifest_key_place (plan->manifest, key);
  if (point == NULL && !any)
    return error_throw (error, "%s:%u: \"%s\": %s has no extension point for %s (no group [Extension %s] in its metadata)", where.file,
                        where.line, key, parent->name, ref->id, ref->id);
  if (point == NULL)
    {
      point = &standard;
      sub = strrchr (ref->id, '.') + 1;
    }
  char *const one[] = { ref->branch, NULL };
  gboolean has_branch = slash != NULL && slash[1] != '\0';
  Ground *ground = open_version (ref->id, ref->arch, has_branch || point == &standard ? one : point->versions, error);
  if (ground == NULL)
    return error_prefix (error, "%s:%u: the extension %s that \"%s\" asks for is missing", where.file, where.line, text, key);
  g_ptr_array_add (extensions, extension_new (ground, prefix, point, sub));
  return TRUE;
}

static gboolean
find_all_named (const BuildPlan *plan, const char *key, char *const *texts, const Ground *parent, const char *prefix, gboolean any,
                GPtrArray *extensions, GError **error)
{
  for (; texts != NULL && *texts != NULL; texts++)
    if (!find_named (plan, key, *texts, parent, prefix, any, extensions, error))
      return FALSE;
  return TRUE;
}

/* Copy one extension point, with the version that it has there. */
static gboolean
inherit (const BuildPlan *plan, const char *key, const char *name, const Ground *parent, GKeyFile *inherited, GError **error)
{
  GKeyFile *metadata = parent->deployment->metadata->keyfile;
  g_autofree char *group = g_strconcat (EXTENSION_GROUP, name, NULL);
  g_auto (GStrv) keys = g_key_file_get_keys (metadata, group, NULL, NULL);
  const ManifestPlace where = manifest_key_place (plan->manifest, key);

  if (keys == NULL)
    return error_throw (error, "%s:%u: \"%s\": %s has no extension point %s to inherit (no group [%s] in its metadata)", where.file,
                        where.line, key, parent->name, name, group);
  for (char **k = keys; *k != NULL; k++)
    {
      g_autofree char *value = g_key_file_get_value (metadata, group, *k, NULL);
      g_key_file_set_value (inherited, group, *k, value);
    }
  if (!g_key_file_has_key (metadata, group, "version", NULL) && !g_key_file_has_key (metadata, group, "versions", NULL))
    g_key_file_set_string (inherited, group, "version", parent->deployment->ref->branch);
  return TRUE;
}

static gboolean
find_inherited (Bases *bases, const BuildPlan *plan, GError **error)
{
  const Ground *parent = bases->base != NULL ? bases->base : bases->sdk;
  const struct { const char *key; char **names; } lists[] = {
    { "inherit-extensions", plan->manifest->inherit_extensions },
    { "inherit-sdk-extensions", plan->manifest->inherit_sdk_extensions },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
    for (char **name = lists[i].names; name != NULL && *name != NULL; name++)
      if (!inherit (plan, lists[i].key, *name, parent, bases->inherited, error))
        return FALSE;
  return TRUE;
}

/* Those of the result that are installed already. */
static gboolean
find_own (Bases *bases, const BuildPlan *plan, GError **error)
{
  const ConditionHost machine = { "/sys", g_getenv ("FLATPAK_GL_DRIVERS"), g_getenv ("XDG_CURRENT_DESKTOP") };
  g_autofree char *text = g_key_file_to_data (bases->inherited, NULL, NULL);
  g_autoptr (GKeyFile) keyfile = g_key_file_new ();

  if (*text != '\0' && !g_key_file_load_from_data (keyfile, text, strlen (text), G_KEY_FILE_NONE, error))
    return FALSE;
  bundle_metadata_add_extensions (plan->manifest->add_build_extensions, TRUE, keyfile);
  g_autoptr (GPtrArray) points = extension_points_new (keyfile, plan->ref->branch, error);
  if (points == NULL)
    return FALSE;
  g_autoptr (GPtrArray) found = extensions_find (points, plan->arch, error);
  for (guint i = 0; found != NULL && i < found->len; i++)
    {
      InstalledExtension *extension = found->pdata[i];
      const char *sub = extension->one_of_several ? strrchr (extension->place, '/') + 1 : NULL;

      if (!condition_holds (extension->point, extension->deployment->ref->id, &machine))
        continue;
      Ground *ground = ground_new (g_steal_pointer (&extension->deployment), error);

      if (ground == NULL)
        return FALSE;
      g_ptr_array_add (bases->app_extensions,
                       extension_new (ground, plan->manifest->build_runtime ? "/usr" : "/app", extension->point, sub));
    }
  return found != NULL;
}

/* A runtime with that name, else an app. */
static Ground *
open_extended (const BuildPlan *plan, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (Ref) app = ref_new (REF_APP, plan->runtime->id, plan->runtime->arch, plan->runtime->branch, error);
  Ground *ground = app != NULL ? ground_open (plan->runtime, &local) : NULL;

  if (ground != NULL || app == NULL)
    return ground;
  if (g_error_matches (local, ERROR_DOMAIN, ERROR_NOT_FOUND))
    ground = ground_open (app, NULL);
  if (ground == NULL)
    g_propagate_error (error, g_steal_pointer (&local));
  return ground;
}

static gboolean
find_extended (Bases *bases, const BuildPlan *plan, GError **error)
{
  const char *sub = NULL;

  if (!plan->manifest->build_extension || plan->runtime == NULL)
    return TRUE;
  bases->extended = open_extended (plan, error);
  if (bases->extended == NULL)
    return error_prefix (error, "%s: what '%s' extends (\"runtime\") is missing", plan->manifest->path, plan->manifest->id);
  const Ref *ref = bases->extended->deployment->ref;
  g_autoptr (GPtrArray) points = extension_points_new (bases->extended->deployment->metadata->keyfile, ref->branch, error);
  const ExtensionPoint *point = points != NULL ? find_point (points, plan->ref->id, plan->manifest->extension_tag, &sub) : NULL;
  if (points == NULL)
    return FALSE;
  if (point == NULL)
    return error_throw (error, "%s: '%s' cannot extend %s, whose metadata has no extension point for it (a group [Extension %s]%s%s)",
                        plan->manifest->path, plan->ref->id, bases->extended->name, plan->ref->id,
                        plan->manifest->extension_tag != NULL ? " with the tag " : "", plan->manifest->extension_tag ?: "");
  bases->own = extension_new (NULL, ref->kind == REF_APP ? "/app" : "/usr", point, sub);
  bases->own_place = g_build_filename (bases->own->prefix, bases->own->place, NULL);
  return TRUE;
}

gboolean
extend_find (Bases *bases, const BuildPlan *plan, GError **error)
{
  if (!find_all_named (plan, "sdk-extensions", plan->manifest->sdk_extensions, bases->sdk, "/usr", TRUE, bases->sdk_extensions, error)
      || (bases->base != NULL
          && !find_all_named (plan, "base-extensions", plan->manifest->base_extensions, bases->base, "/app", FALSE,
                              bases->base_extensions, error))
      || (bases->platform != NULL
          && !find_all_named (plan, "platform-extensions", plan->manifest->platform_extensions, bases->platform, "/usr", TRUE,
                              bases->platform_extensions, error)))
    return FALSE;
  return find_inherited (bases, plan, error) && find_extended (bases, plan, error) && find_own (bases, plan, error);
}
