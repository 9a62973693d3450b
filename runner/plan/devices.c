/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * --device: nodes of the host's /dev beyond the harmless ones that every sandbox has.
 */
#include "runner/plan/context.h"

#include <glob.h>
#include <string.h>

#include "base/witness.h"

/* Patterns below /dev; what does not exist is left out. */
static const struct
{
  const char *device;
  const char *pattern;
} rows[] = {
  { "dri", "dri" },        { "dri", "udmabuf" },          { "dri", "mali*" },      { "dri", "umplock" },
  { "dri", "nvidiactl" },  { "dri", "nvidia-modeset" },   { "dri", "nvidia-uvm" }, { "dri", "nvidia-uvm-tools" },
  { "dri", "nvidia[0-9]" }, { "dri", "nvidia1[0-9]" },    { "dri", "kfd" },        { "input", "input" },
  { "usb", "bus/usb" },    { "kvm", "kvm" },
};

static void
add_nodes (PlanContext *context, const char *pattern, const char *origin)
{
  g_autofree char *prefix = g_strconcat (context->host->dev, "/", NULL);
  g_autofree char *full = g_strconcat (prefix, pattern, NULL);
  g_autofree char *folder = g_path_get_dirname (full);
  glob_t found = { 0 };

  witness_note (WITNESS_FILE, folder);
  if (glob (full, 0, NULL, &found) == 0)
    for (gsize i = 0; i < found.gl_pathc; i++)
      {
        g_autofree char *dest = g_strconcat ("/dev/", found.gl_pathv[i] + strlen (prefix), NULL);
        (void) sandbox_plan_bind (context->plan, found.gl_pathv[i], dest, SANDBOX_BIND_DEV | SANDBOX_BIND_TRY, origin);
      }
  globfree (&found);
}

/* Libraries find out what a node is in there. */
static void
add_sys (PlanContext *context, const char *origin)
{
  static const char *const folders[] = { "block", "bus", "class", "dev", "devices" };

  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      g_autofree char *source = g_build_filename (context->host->sys, folders[i], NULL);
      g_autofree char *dest = g_build_filename ("/sys", folders[i], NULL);
      (void) sandbox_plan_bind (context->plan, source, dest, SANDBOX_BIND_READ_ONLY | SANDBOX_BIND_TRY, origin);
    }
}

gboolean
plan_devices (PlanContext *context, GError **error)
{
  const GPtrArray *devices = context->permissions->devices;
  const char *sys_origin = NULL;

  if (permissions_has (devices, "all"))
    {
      sys_origin = permissions_find (devices, "all")->origin;
      (void) sandbox_plan_bind (context->plan, context->host->dev, "/dev", SANDBOX_BIND_DEV, sys_origin);
      (void) sandbox_plan_tmpfs (context->plan, "/dev/shm", 01777, 0, "default");
    }
  else
    for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
      if (permissions_has (devices, rows[i].device))
        {
          const char *origin = permissions_find (devices, rows[i].device)->origin;
          add_nodes (context, rows[i].pattern, origin);
          if (strcmp (rows[i].device, "kvm") != 0)
            sys_origin = origin;
        }
  if (sys_origin != NULL)
    add_sys (context, sys_origin);

  if (permissions_has (devices, "shm"))
    {
      g_autofree char *shm = g_build_filename (context->host->dev, "shm", NULL);
      (void) sandbox_plan_bind (context->plan, shm, "/dev/shm", SANDBOX_BIND_TRY, permissions_find (devices, "shm")->origin);
    }
  return TRUE;
}
