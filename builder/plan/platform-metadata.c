/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/plan/platform-metadata.h"

#include <string.h>

#include "builder/plan/bundle-metadata.h"
#include "bundle/extension.h"

#define GROUP "Runtime"

static void
remove_extensions (const BuildPlan *plan, GKeyFile *keyfile)
{
  g_autofree char *own = g_strconcat (EXTENSION_GROUP, plan->ref->id, NULL);
  g_auto (GStrv) groups = g_key_file_get_groups (keyfile, NULL);
  char **inherited = plan->manifest->inherit_sdk_extensions;

  for (char **group = groups; *group != NULL; group++)
    {
      const char *name = g_str_has_prefix (*group, EXTENSION_GROUP) ? *group + strlen (EXTENSION_GROUP) : NULL;

      if (g_str_has_prefix (*group, own)
          || (name != NULL && inherited != NULL && g_strv_contains ((const char *const *) inherited, name)))
        g_key_file_remove_group (keyfile, *group, NULL);
    }
}

char *
platform_metadata_new (const BuildPlan *plan, const char *metadata, GPtrArray *problems)
{
  const char *file = plan->manifest->metadata_platform;
  g_autoptr (GKeyFile) keyfile = NULL;
  g_autofree char *ref = ref_format (plan->platform);

  if (file != NULL)
    keyfile = bundle_metadata_load_file (plan, "metadata-platform", file, GROUP, plan->platform->id, problems);
  else
    {
      keyfile = g_key_file_new ();
      g_key_file_load_from_data (keyfile, metadata, strlen (metadata), G_KEY_FILE_KEEP_COMMENTS, NULL); /* our own text */
      g_key_file_set_string (keyfile, GROUP, "name", plan->platform->id);
      remove_extensions (plan, keyfile);
    }
  if (keyfile == NULL)
    return NULL;
  g_key_file_set_string (keyfile, "Nacelle Bundle", "ref", ref);
  return g_key_file_to_data (keyfile, NULL, NULL);
}
