/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/plan/bundle-metadata.h"

#include "builder/manifest/problem.h"
#include "bundle/permissions.h"

static void
set_base (GKeyFile *keyfile, const char *group, const char *key, const Ref *base)
{
  g_autofree char *text = ref_format_partial (base);

  g_key_file_set_string (keyfile, group, key, text);
}

static Permissions *
permissions_of (const Manifest *manifest, GPtrArray *problems)
{
  g_autoptr (Permissions) permissions = permissions_new ();
  gboolean ok = TRUE;

  for (gsize i = 0; manifest->finish_args != NULL && manifest->finish_args[i] != NULL; i++)
    {
      g_autoptr (GError) error = NULL;

      if (permissions_add_argument (permissions, manifest->finish_args[i], "finish-args", &error))
        continue;
      manifest_problem_error (problems, manifest->finish_args_places[i], "\"finish-args\": %s", error->message);
      ok = FALSE;
    }
  return ok ? g_steal_pointer (&permissions) : NULL;
}

char *
bundle_metadata_new (const BuildPlan *plan, GPtrArray *problems)
{
  const Manifest *manifest = plan->manifest;
  gboolean app = plan->ref->kind == REF_APP;
  const char *group = app ? "Application" : "Runtime";
  g_autoptr (Permissions) permissions = permissions_of (manifest, problems);
  g_autoptr (GKeyFile) keyfile = g_key_file_new ();
  g_autofree char *ref = ref_format (plan->ref);

  if (permissions == NULL)
    return NULL;
  g_key_file_set_string (keyfile, group, "name", plan->ref->id);
  /* What is made of packages alone stands on itself, which is how Flatpak writes it. */
  set_base (keyfile, group, "runtime", plan->runtime ?: plan->ref);
  set_base (keyfile, group, "sdk", plan->sdk ?: plan->ref);
  if (app && manifest->command != NULL)
    g_key_file_set_string (keyfile, group, "command", manifest->command);
  if (manifest->tags != NULL && *manifest->tags != NULL)
    g_key_file_set_string_list (keyfile, group, "tags", (const char *const *) manifest->tags,
                                g_strv_length (manifest->tags));
  permissions_to_keyfile (permissions, keyfile);
  g_key_file_set_string (keyfile, "Nacelle Bundle", "ref", ref);
  return g_key_file_to_data (keyfile, NULL, NULL);
}
