/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Groups and keys come in the order in which flatpak-builder and `flatpak build-finish` write them, so that the two can be compared.
 */
#include "builder/plan/bundle-metadata.h"

#include "base/error.h"
#include "base/file.h"
#include "builder/manifest/fields.h"
#include "builder/manifest/finish-option.h"
#include "builder/manifest/problem.h"
#include "bundle/limits.h"
#include "bundle/network.h"
#include "bundle/permissions.h"

#include <string.h>

static void
set_base (GKeyFile *keyfile, const char *group, const char *key, const Ref *base)
{
  g_autofree char *text = ref_format_partial (base);

  g_key_file_set_string (keyfile, group, key, text);
}

/* One text of an entry of `permissions` or of `network`, as a finish-arg. */
static gboolean
add_permission (Permissions *permissions, gconstpointer entry, const char *why, const Field *field, const char *value, GPtrArray *reasons,
                GPtrArray *problems)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *argument = g_strconcat (field->option, value, field->suffix, NULL);

  if (!permissions_add_argument (permissions, argument, "permissions", &error))
    {
      manifest_problem_error (problems, manifest_key_place (entry, field->key), "metadata", "\"%s\": %s", field->key, error->message);
      return FALSE;
    }
  if (why != NULL)
    g_ptr_array_add (reasons, g_strdup_printf ("%s: %s", argument, why));
  return TRUE;
}

static gboolean
add_entry (Permissions *permissions, const FieldTable *table, gconstpointer entry, const char *why, GPtrArray *reasons, GPtrArray *problems)
{
  gboolean ok = TRUE;

  for (const Field *field = table->fields; field->key != NULL; field++)
    {
      char **values = field->option != NULL ? G_STRUCT_MEMBER (char **, entry, field->offset) : NULL;

      for (; values != NULL && *values != NULL; values++)
        ok = add_permission (permissions, entry, why, field, *values, reasons, problems) && ok;
    }
  return ok;
}

static gboolean
add_permission_list (Permissions *permissions, const GPtrArray *list, GPtrArray *reasons, GPtrArray *problems)
{
  gboolean ok = TRUE;

  for (guint i = 0; list != NULL && i < list->len; i++)
    {
      const ManifestPermission *entry = g_ptr_array_index (list, i);

      ok = add_entry (permissions, &permission_fields, entry, entry->why, reasons, problems) && ok;
    }
  return ok;
}

/* It says all about the network, so what the permissions say must be no more. */
static gboolean
add_network (Permissions *permissions, const ManifestNetwork *network, GPtrArray *reasons, GPtrArray *problems)
{
  gboolean shared = permissions_has (permissions->shared, "network");

  if (network == NULL)
    return TRUE;
  if (!add_entry (permissions, &network_fields, network, network->why, reasons, problems))
    return FALSE;
  if (!shared || network_mode (permissions) != NETWORK_NONE)
    return TRUE;
  manifest_problem_error (problems, network->place, "conflict", "\"network\" says none, and the permissions say --share=network");
  return FALSE;
}

static Permissions *
permissions_of (const Manifest *manifest, GPtrArray *reasons, GPtrArray *problems)
{
  g_autoptr (Permissions) permissions = permissions_new ();
  gboolean ok = TRUE;

  for (gsize i = 0; manifest->finish_args != NULL && manifest->finish_args[i] != NULL; i++)
    {
      g_autoptr (GError) error = NULL;

      if (finish_option_is (manifest->finish_args[i])
          || permissions_add_argument (permissions, manifest->finish_args[i], "finish-args", &error))
        continue;
      manifest_problem_error (problems, manifest->finish_args_places[i], "metadata", "\"finish-args\": %s", error->message);
      ok = FALSE;
    }
  for (guint i = 0; manifest->resources != NULL && i < manifest->resources->len; i++)
    {
      const ManifestVariable *limit = manifest->resources->pdata[i];

      /* Was checked when it was read. */
      ok = limits_set (permissions->limits, limit->name, limit->value, "resources", NULL) && ok;
    }
  ok = add_permission_list (permissions, manifest->permissions, reasons, problems) && ok;
  ok = add_network (permissions, manifest->network, reasons, problems) && ok;
  return ok ? g_steal_pointer (&permissions) : NULL;
}

/* What an extension extends: an app, when it is not named like a runtime; what is installed knows better. */
static gboolean
extends_app (const BuildPlan *plan, const MetadataBases *bases)
{
  const char *id = plan->runtime->id;

  if (bases != NULL && bases->extended != NULL)
    return bases->extended->kind == REF_APP;
  return !g_str_has_suffix (id, ".Platform") && !g_str_has_suffix (id, ".Sdk");
}

static void
add_properties (const BuildPlan *plan, const MetadataBases *bases, const char *group, GKeyFile *keyfile)
{
  const Manifest *manifest = plan->manifest;

  g_key_file_set_string (keyfile, group, "name", plan->ref->id);
  /* What is made of packages alone stands on itself, which is how Flatpak writes it. */
  if (!manifest->build_extension || !extends_app (plan, bases))
    set_base (keyfile, group, "runtime", plan->runtime ?: plan->ref);
  set_base (keyfile, group, "sdk", plan->sdk ?: plan->ref);
  if (plan->base != NULL)
    {
      g_autofree char *base = ref_format (plan->base);

      g_key_file_set_string (keyfile, group, "base", base);
    }
  if (manifest->tags != NULL && *manifest->tags != NULL)
    g_key_file_set_string_list (keyfile, group, "tags", (const char *const *) manifest->tags,
                                g_strv_length (manifest->tags));
  if (plan->ref->kind == REF_APP && manifest->command != NULL)
    g_key_file_set_string (keyfile, group, "command", manifest->command);
}

static void
add_extra_data (GKeyFile *keyfile, const FinishOption *option, guint n)
{
  const struct { const char *key, *value; } pairs[] = {
    { "name", option->value }, { "checksum", option->sha256 }, { "size", option->size },
    { "installed-size", option->installed_size }, { "uri", option->url },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      g_autofree char *key = n > 0 ? g_strdup_printf ("%s%u", pairs[i].key, n) : g_strdup (pairs[i].key);

      if (pairs[i].value != NULL)
        g_key_file_set_string (keyfile, "Extra Data", key, pairs[i].value);
    }
}

/* Sources of type extra-data are what the option of that name says, for each architecture. */
static void
add_extra_sources (const BuildPlan *plan, GKeyFile *keyfile, guint *n)
{
  for (guint i = 0; i < plan->modules->len; i++)
    {
      const BuildModule *module = g_ptr_array_index (plan->modules, i);

      for (guint j = 0; j < module->sources->len; j++)
        {
          const ManifestSource *source = g_ptr_array_index (module->sources, j);
          g_autofree char *size = g_strdup_printf ("%" G_GINT64_FORMAT, source->size);
          g_autofree char *installed = source->installed_size > 0
                                         ? g_strdup_printf ("%" G_GINT64_FORMAT, source->installed_size) : NULL;
          const FinishOption option = { .value = source->filename, .sha256 = source->sha256, .size = size,
                                        .installed_size = installed, .url = source->url };

          if (g_str_equal (source->type, "extra-data"))
            add_extra_data (keyfile, &option, (*n)++);
        }
    }
}

/* What is left away of a reference is as in the manifest's own. */
static void
set_reference (const BuildPlan *plan, GKeyFile *keyfile, const char *group, const char *key, const char *text)
{
  g_autoptr (Ref) ref = ref_parse_partial (REF_RUNTIME, text, plan->arch, plan->manifest->runtime_version ?: "master", NULL);

  if (ref != NULL)
    set_base (keyfile, group, key, ref);
}

static void
add_finish_option (const BuildPlan *plan, GKeyFile *keyfile, const char *group, const FinishOption *option, guint *n_extra)
{
  switch (option->kind)
    {
    case FINISH_METADATA:
    case FINISH_EXTENSION:
    case FINISH_PRIORITY:
      g_key_file_set_string (keyfile, option->group, option->key, option->value);
      break;
    case FINISH_REQUIRE_VERSION:
      g_key_file_set_string (keyfile, group, "required-flatpak", option->value);
      break;
    case FINISH_COMMAND:
      g_key_file_set_string (keyfile, group, "command", option->value);
      break;
    case FINISH_SDK:
      set_reference (plan, keyfile, group, "sdk", option->value);
      break;
    case FINISH_RUNTIME:
      set_reference (plan, keyfile, group, "runtime", option->value);
      break;
    case FINISH_EXTRA_DATA:
      add_extra_data (keyfile, option, (*n_extra)++);
      break;
    case FINISH_REMOVE_EXTENSION:   /* done before: those that the manifest itself adds stay */
    case FINISH_NO_EXPORTS:
    case FINISH_NO_INHERIT_PERMISSIONS:   /* nothing is inherited */
      break;
    }
}

static void
add_finish_options (const BuildPlan *plan, GKeyFile *keyfile, const char *group)
{
  char **arguments = plan->manifest->finish_args;
  guint n_extra = 0;

  for (; arguments != NULL && *arguments != NULL; arguments++)
    {
      g_auto (FinishOption) option = { 0 };

      if (finish_option_is (*arguments) && finish_option_parse (*arguments, &option, NULL))
        add_finish_option (plan, keyfile, group, &option, &n_extra);
    }
  add_extra_sources (plan, keyfile, &n_extra);
}

/* Each key of an extension point but those about the build itself. */
void
bundle_metadata_add_extensions (const GPtrArray *extensions, gboolean all, GKeyFile *keyfile)
{
  for (guint i = 0; extensions != NULL && i < extensions->len; i++)
    {
      const ManifestExtension *extension = g_ptr_array_index (extensions, i);
      g_autofree char *group = g_strconcat ("Extension ", extension->name, NULL);

      for (const Field *field = extension_fields.fields; field->key != NULL && (all || !extension->remove_after_build); field++)
        if (!field->no_digest && field->type == FIELD_BOOL && G_STRUCT_MEMBER (gboolean, extension, field->offset))
          g_key_file_set_boolean (keyfile, group, field->key, TRUE);
        else if (field->type == FIELD_TEXT && G_STRUCT_MEMBER (char *, extension, field->offset) != NULL)
          g_key_file_set_string (keyfile, group, field->key, G_STRUCT_MEMBER (char *, extension, field->offset));
    }
}

static void
add_inherited (const BuildPlan *plan, GKeyFile *inherited, GKeyFile *keyfile)
{
  g_auto (GStrv) groups = g_key_file_get_groups (inherited, NULL);

  for (char **group = groups; *group != NULL; group++)
    {
      g_auto (GStrv) keys = g_key_file_get_keys (inherited, *group, NULL, NULL);

      if (finish_option_among (plan->manifest->finish_args, FINISH_REMOVE_EXTENSION, *group + strlen ("Extension ")))
        continue;
      for (char **key = keys; keys != NULL && *key != NULL; key++)
        {
          g_autofree char *value = g_key_file_get_value (inherited, *group, *key, NULL);
          g_key_file_set_value (keyfile, *group, *key, value);
        }
    }
}

static void
add_extension_of (const BuildPlan *plan, const MetadataBases *bases, GKeyFile *keyfile)
{
  gboolean app = extends_app (plan, bases);
  g_autofree char *base = ref_format_partial (plan->runtime);
  g_autofree char *ref = g_strconcat (app ? "app/" : "runtime/", base, NULL);

  g_key_file_set_string (keyfile, "ExtensionOf", "ref", ref);
  if (!app)
    g_key_file_set_string (keyfile, "ExtensionOf", "runtime", base);
  else if (bases != NULL && bases->extended != NULL && bases->extended->runtime != NULL)
    g_key_file_set_string (keyfile, "ExtensionOf", "runtime", bases->extended->runtime);
  if (plan->manifest->extension_tag != NULL)
    g_key_file_set_string (keyfile, "ExtensionOf", "tag", plan->manifest->extension_tag);
}

/* As Flatpak: before it knew a list of variables to unset, one without value was unset. */
static void
add_unset (const Permissions *permissions, GKeyFile *keyfile)
{
  for (guint i = 0; i < permissions->environment->len; i++)
    {
      const PermissionEntry *entry = g_ptr_array_index (permissions->environment, i);

      if (entry->value == NULL)
        g_key_file_set_string (keyfile, "Environment", entry->name, "");
    }
}

#define METADATA_MAX (1024 * 1024)

GKeyFile *
bundle_metadata_load_file (const BuildPlan *plan, const char *key, const char *path, const char *group, const char *id,
                           GPtrArray *problems)
{
  const Manifest *manifest = plan->manifest;
  const ManifestPlace place = manifest_key_place (manifest, key);
  g_autoptr (GError) error = NULL;
  gsize length = 0;
  autofd dir = file_open (AT_FDCWD, manifest->dir, O_RDONLY | O_DIRECTORY, 0, &error);
  autofd fd = dir >= 0 ? file_open_beneath (dir, path, O_RDONLY | O_NONBLOCK, 0, &error) : -1;
  g_autofree char *text = fd >= 0 ? file_read_fd (fd, path, METADATA_MAX, &length, &error) : NULL;
  g_autoptr (GKeyFile) keyfile = text != NULL ? metadata_keyfile_parse (text, length, path, &error) : NULL;

  if (keyfile == NULL)
    {
      manifest_problem_error (problems, place, "metadata", "\"%s\": %s", key, error->message);
      return NULL;
    }
  g_autofree char *name = g_key_file_get_string (keyfile, group, "name", NULL);
  if (g_strcmp0 (name, id) == 0)
    return g_steal_pointer (&keyfile);
  manifest_problem_error (problems, place, "metadata", "\"%s\": %s must have the line name=%s in its group [%s]", key, path, id, group);
  return NULL;
}

static void
add_manifest (const BuildPlan *plan, const MetadataBases *bases, const char *group, GKeyFile *keyfile)
{
  add_properties (plan, bases, group, keyfile);
  if (plan->manifest->build_extension && plan->runtime != NULL)
    add_extension_of (plan, bases, keyfile);
  bundle_metadata_add_extensions (plan->manifest->add_build_extensions, FALSE, keyfile);
  if (bases != NULL && bases->inherited != NULL)
    add_inherited (plan, bases->inherited, keyfile);
}

char *
bundle_metadata_new (const BuildPlan *plan, const MetadataBases *bases, GPtrArray *problems)
{
  const Manifest *manifest = plan->manifest;
  const char *group = plan->ref->kind == REF_APP ? "Application" : "Runtime";
  g_autoptr (GPtrArray) reasons = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (Permissions) permissions = permissions_of (manifest, reasons, problems);
  g_autoptr (GKeyFile) keyfile = manifest->metadata == NULL
                                   ? g_key_file_new ()
                                   : bundle_metadata_load_file (plan, "metadata", manifest->metadata, group, plan->ref->id, problems);
  g_autofree char *ref = ref_format (plan->ref);

  if (permissions == NULL || keyfile == NULL)
    return NULL;
  if (manifest->metadata == NULL)
    add_manifest (plan, bases, group, keyfile);
  permissions_to_keyfile (permissions, keyfile);
  add_unset (permissions, keyfile);
  add_finish_options (plan, keyfile, group);
  bundle_metadata_add_extensions (manifest->add_extensions, FALSE, keyfile);
  g_key_file_set_string (keyfile, "Nacelle Bundle", "ref", ref);
  if (reasons->len > 0)
    g_key_file_set_string_list (keyfile, "Nacelle Bundle", "reasons", (const char *const *) reasons->pdata, reasons->len);
  return g_key_file_to_data (keyfile, NULL, NULL);
}
