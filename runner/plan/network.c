/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The network (bundle/network.h): the host's as it is, with its name resolution; one of the sandbox's own with outgoing connections; or
 * a loopback device of the sandbox's own and nothing else.
 */
#include "runner/plan/context.h"

#include <string.h>

#include "base/witness.h"
#include "bundle/network.h"
#include "sandbox/plan-namespace.h"

static const char *
share_origin (PlanContext *context, const char *name)
{
  return permissions_find (context->permissions->shared, name)->origin;
}

static void
show_file (PlanContext *context, const char *name, const char *origin)
{
  g_autofree char *source = g_build_filename (context->host->etc, name, NULL);
  g_autofree char *dest = g_strconcat ("/etc/", name, NULL);

  /* What is there is opened by its name for each launch, wherever a link leads by then; what is not may come. */
  witness_note (WITNESS_FILE, source);
  (void) sandbox_plan_bind (context->plan, source, dest, SANDBOX_BIND_READ_ONLY | SANDBOX_BIND_TRY, origin);
}

static void
show_names (PlanContext *context, const char *origin)
{
  static const char *const files[] = { "host.conf", "hosts", "gai.conf" };

  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    show_file (context, files[i], origin);
}

static void
isolate (PlanContext *context)
{
  const char *origin = permissions_find (context->permissions->network, "mode")->origin;
  const GPtrArray *published = context->permissions->published;
  g_autoptr (GPtrArray) ports = g_ptr_array_new ();

  for (guint i = 0; i < published->len; i++)
    {
      const PermissionEntry *port = published->pdata[i];
      if (port->granted)
        g_ptr_array_add (ports, port->name);
    }
  show_names (context, origin);
  (void) sandbox_plan_network_outgoing (context->plan, (const char *const *) ports->pdata, ports->len, origin);
}

static void
note_ports (PlanContext *context, NetworkMode mode)
{
  const GPtrArray *published = context->permissions->published;

  for (guint i = 0; i < published->len; i++)
    {
      const PermissionEntry *port = published->pdata[i];
      if (port->granted)
        plan_note (context, "not granted: --publish=%s (%s; the network is \"%s\", and ports are published of one that is \"isolated\")",
                   port->name, port->origin, network_mode_name (mode));
    }
}

gboolean
plan_network (PlanContext *context, GError **error)
{
  static const char own_hosts[] = "127.0.0.1 localhost\n::1 localhost\n";
  NetworkMode mode = network_mode (context->permissions);

  switch (mode)
    {
    case NETWORK_ISOLATED:
      isolate (context);
      return TRUE;
    case NETWORK_HOST:
      (void) sandbox_plan_share (context->plan, SANDBOX_SHARE_NETWORK, share_origin (context, "network"));
      show_file (context, "resolv.conf", share_origin (context, "network"));
      show_names (context, share_origin (context, "network"));
      break;
    case NETWORK_NONE:
    default:
      plan_etc_file (context, "/etc/hosts", own_hosts, strlen (own_hosts));
      break;
    }
  note_ports (context, mode);
  return TRUE;
}

gboolean
plan_ipc (PlanContext *context, GError **error)
{
  if (permissions_has (context->permissions->shared, "ipc"))
    (void) sandbox_plan_share (context->plan, SANDBOX_SHARE_IPC, share_origin (context, "ipc"));
  return TRUE;
}
