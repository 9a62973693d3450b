/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * --share=network: the host's network as it is, with its name resolution.  Without it there is a loopback
 * device of the sandbox's own and nothing else.
 */
#include "runner/plan/context.h"

#include <string.h>

static const char *
share_origin (PlanContext *context, const char *name)
{
  return permissions_find (context->permissions->shared, name)->origin;
}

gboolean
plan_network (PlanContext *context, GError **error)
{
  static const char *const files[] = { "resolv.conf", "host.conf", "hosts", "gai.conf" };
  static const char own_hosts[] = "127.0.0.1 localhost\n::1 localhost\n";

  if (!permissions_has (context->permissions->shared, "network"))
    {
      (void) sandbox_plan_file (context->plan, "/etc/hosts", own_hosts, strlen (own_hosts), 0444, "default");
      return TRUE;
    }

  const char *origin = share_origin (context, "network");
  (void) sandbox_plan_share (context->plan, SANDBOX_SHARE_NETWORK, origin);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *source = g_build_filename (context->host->etc, files[i], NULL);
      g_autofree char *dest = g_strconcat ("/etc/", files[i], NULL);
      (void) sandbox_plan_bind (context->plan, source, dest, SANDBOX_BIND_READ_ONLY | SANDBOX_BIND_TRY, origin);
    }
  return TRUE;
}

gboolean
plan_ipc (PlanContext *context, GError **error)
{
  if (permissions_has (context->permissions->shared, "ipc"))
    (void) sandbox_plan_share (context->plan, SANDBOX_SHARE_IPC, share_origin (context, "ipc"));
  return TRUE;
}
