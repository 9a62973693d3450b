/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What every sandbox has, whatever its permissions.
 */
#include "runner/plan/context.h"

#include "base/file.h"
#include "base/witness.h"
#include "runner/appdata.h"

#define ORIGIN "default"

void
plan_bundle_files (PlanContext *context, const Bundle *bundle, const char *dest, const char *origin)
{
  g_autofree char *name = g_strconcat (bundle->name, "/files", NULL);
  if (bundle->files_is_mount)
    (void) sandbox_plan_mount_fd (context->plan, plan_dup (bundle->files_fd), name, dest, SANDBOX_BIND_READ_ONLY, origin);
  else
    (void) sandbox_plan_bind_fd (context->plan, plan_dup (bundle->files_fd), name, dest, SANDBOX_BIND_READ_ONLY, origin);
  if (bundle->alive_fd >= 0)
    (void) sandbox_plan_die_with_fd (context->plan, plan_dup (bundle->alive_fd), name, origin);
}

/* /bin and so on lead into /usr where the runtime has them there. */
static void
add_usr_links (PlanContext *context)
{
  static const char *const names[] = { "bin", "lib", "lib32", "lib64", "sbin" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      struct stat st;
      g_autofree char *dest = g_strconcat ("/", names[i], NULL);
      g_autofree char *target = g_strconcat ("usr/", names[i], NULL);
      if (fstatat (context->launch->runtime->files_fd, names[i], &st, AT_SYMLINK_NOFOLLOW) == 0)
        (void) sandbox_plan_symlink (context->plan, target, dest, ORIGIN);
    }
}

/* The app's folders under the names that have nothing to do with a home. */
static gboolean
add_var (PlanContext *context, GError **error)
{
  static const struct
  {
    const char *folder;
    const char *dest;
  } rows[] = {
    { "cache", "/var/cache" },
    { "cache/tmp", "/var/tmp" },
    { "data", "/var/data" },
    { "config", "/var/config" },
  };

  (void) sandbox_plan_dir (context->plan, "/var", 0755, ORIGIN);
  (void) sandbox_plan_symlink (context->plan, "../run", "/var/run", ORIGIN);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *name = g_strconcat (context->data_path, "/", rows[i].folder, NULL);
      int fd = appdata_open_below (context->data_fd, rows[i].folder, error);
      if (fd < 0)
        return FALSE;
      (void) sandbox_plan_bind_fd (context->plan, fd, name, rows[i].dest, 0, ORIGIN);
    }
  autofd state = appdata_open_below (context->data_fd, ".local/state", error);
  g_autofree char *state_path = g_strconcat (context->data_path, "/.local/state", NULL);
  witness_note (WITNESS_PLACE, state_path);
  return state >= 0;
}

gboolean
plan_base (PlanContext *context, GError **error)
{
  SandboxPlan *plan = context->plan;

  plan_bundle_files (context, context->launch->runtime, "/usr", ORIGIN);
  add_usr_links (context);
  if (context->launch->app != NULL)
    {
      plan_bundle_files (context, context->launch->app, "/app", ORIGIN);
      if (context->launch->app->extra_fd >= 0)
        (void) sandbox_plan_bind_fd (plan, plan_dup (context->launch->app->extra_fd), "extra data", "/app/extra",
                                     SANDBOX_BIND_READ_ONLY, "extra data");
    }
  else
    (void) sandbox_plan_dir (plan, "/app", 0755, ORIGIN);
  (void) sandbox_plan_proc (plan, "/proc", ORIGIN);
  (void) sandbox_plan_dev (plan, "/dev", ORIGIN);
  (void) sandbox_plan_tmpfs (plan, "/tmp", 01777, 0, ORIGIN);
  (void) sandbox_plan_dir (plan, "/run", 0755, ORIGIN);
  (void) sandbox_plan_tmpfs (plan, context->run_dir, 0700, 0, ORIGIN);
  return add_var (context, error);
}
