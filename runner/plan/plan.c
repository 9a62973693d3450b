/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From a launch to the plan of its sandbox.
 *
 * The steps only add records; nothing is mounted and nothing runs.  Sources are opened while the plan is
 * made and stay open in it.  Order matters in three places: the base comes first, because later places lie in
 * it; the grants of files are collected (filesystems, home, hidden) before they are written (exports), because
 * they may lie in each other; and the root is made read-only last.
 */
#include "runner/plan/context.h"

#include <errno.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "runner/appdata.h"
#include "runner/place.h"

static const struct
{
  const char *name;
  gboolean (*add) (PlanContext *context, GError **error);
} steps[] = {
  { "base", plan_base },
  { "extensions", plan_extensions },
  { "etc", plan_etc },
  { "accounts", plan_accounts },
  { "time zone", plan_timezone },
  { "network", plan_network },
  { "ipc", plan_ipc },
  { "devices", plan_devices },
  { "features", plan_features },
  { "walls", plan_walls },
  { "limits", plan_limits },
  { "filesystems", plan_filesystems },
  { "home", plan_home },
  { "hidden places", plan_hidden },
  { "mount points", plan_mount_points },
  { "exports", plan_exports },
  { "environment", plan_environment },
  { "sockets", plan_sockets },
  { "unavailable permissions", plan_unavailable },
  { "identity file", plan_info },
  { "command", plan_command },
};

void
plan_note (PlanContext *context, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_ptr_array_add (context->notes, g_strdup_vprintf (format, args));
  va_end (args);
}

int
plan_dup (int fd)
{
  return fcntl (fd, F_DUPFD_CLOEXEC, 3);
}

/* Id under which the app runs: the app's, or the runtime's. */
static const char *
launch_id (const Launch *launch)
{
  return launch->app != NULL ? launch->app->metadata->id : launch->runtime->metadata->id;
}

static gboolean
open_home (PlanContext *context, GError **error)
{
  context->home_fd = place_open (context->host->home, &context->home, context->exports->links, error);
  if (context->home_fd < 0)
    {
      g_autofree char *reason = error != NULL && *error != NULL ? g_strdup ((*error)->message) : NULL;
      g_clear_error (error);
      return error_throw (error, "the home folder: %s; set HOME to a folder that is there", reason != NULL ? reason : "unknown");
    }
  context->data_fd = appdata_open (context->home_fd, context->home, context->id, error);
  context->data_path = g_strdup_printf ("%s/.var/app/%s", context->home, context->id);
  return context->data_fd >= 0;
}

static gboolean
run_steps (PlanContext *context, GError **error)
{
  if (!open_home (context, error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    if (!steps[i].add (context, error))
      return FALSE;
  (void) sandbox_plan_remount_read_only (context->plan, "/", "default");

  const char *failure = sandbox_plan_failed (context->plan);
  if (failure != NULL)
    return error_throw (error, "%s", failure);
  return TRUE;
}

SandboxPlan *
build_sandbox_plan (const Launch *launch, GPtrArray *notes, GError **error)
{
  g_autoptr (Exports) exports = exports_new ();
  PlanContext context = {
    .launch = launch,
    .host = launch->host,
    .permissions = launch->permissions,
    .id = launch_id (launch),
    .plan = sandbox_plan_new (),
    .notes = notes,
    .home_fd = -1,
    .data_fd = -1,
    .run_dir = g_strdup_printf ("/run/user/%u", (unsigned) launch->host->uid),
    .exports = exports,
  };
  gboolean good = run_steps (&context, error);

  if (!good)
    {
      sandbox_plan_free (context.plan);
      context.plan = NULL;
    }
  g_free (context.home);
  g_free (context.data_path);
  g_free (context.run_dir);
  file_close_fd (&context.home_fd);
  file_close_fd (&context.data_fd);
  return context.plan;
}
