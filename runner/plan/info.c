/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * /.flatpak-info: who this is, for libraries inside and for portals outside, which read it through /proc/PID/root and
 * believe it.  It is ours, read-only, and no system call that could replace it passes the filter.
 */
#include "runner/plan/context.h"
#include "runner/plan/unavailable.h"

#include <string.h>

gboolean
plan_info (PlanContext *context, GError **error)
{
  const Bundle *app = context->launch->app;
  const Bundle *runtime = context->launch->runtime;
  const char *group = app != NULL ? "Application" : "Runtime";
  g_autoptr (GKeyFile) file = g_key_file_new ();

  g_key_file_set_string (file, group, "name", context->id);
  if (runtime->ref != NULL)
    {
      g_autofree char *ref = ref_format (runtime->ref);
      g_key_file_set_string (file, group, "runtime", ref);
    }
  g_key_file_set_string (file, "Instance", "instance-id", context->host->instance);
  if (app != NULL && app->ref != NULL)
    {
      g_key_file_set_string (file, "Instance", "branch", app->ref->branch);
      g_key_file_set_string (file, "Instance", "arch", app->ref->arch);
      g_key_file_set_string (file, "Instance", "app-commit", app->checksum);
    }
  if (runtime->checksum != NULL)
    g_key_file_set_string (file, "Instance", "runtime-commit", runtime->checksum);
  g_autofree char *app_extensions = plan_extension_names (context->launch->app_extensions);
  g_autofree char *runtime_extensions = plan_extension_names (context->launch->runtime_extensions);
  if (app_extensions != NULL)
    g_key_file_set_string (file, "Instance", "app-extensions", app_extensions);
  if (runtime_extensions != NULL)
    g_key_file_set_string (file, "Instance", "runtime-extensions", runtime_extensions);
  if (permissions_has (context->permissions->features, "devel"))
    g_key_file_set_boolean (file, "Instance", "devel", TRUE);
  g_autoptr (Permissions) granted = permissions_without_unavailable (context->permissions);
  permissions_to_keyfile (granted, file);

  gsize length;
  g_autofree char *text = g_key_file_to_data (file, &length, NULL);
  (void) sandbox_plan_file (context->plan, "/.flatpak-info", text, length, 0444, "default");
  return TRUE;
}
