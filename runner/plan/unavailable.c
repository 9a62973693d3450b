/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runner/plan/unavailable.h"

#include <string.h>

#include "runner/plan/context.h"

static const struct
{
  gsize offset;           /* of the array in Permissions */
  const char *option;
  const char *words[8];   /* ended by NULL; none: the whole array */
} rows[] = {
  { G_STRUCT_OFFSET (Permissions, shared), "--share", { "" } },
  { G_STRUCT_OFFSET (Permissions, sockets), "--socket",
    { "session-bus", "system-bus", "ssh-auth", "pcsc", "cups", "gpg-agent", "inherit-wayland-socket" } },
  { G_STRUCT_OFFSET (Permissions, devices), "--device", { "" } },
  { G_STRUCT_OFFSET (Permissions, features), "--allow", { "bluetooth", "canbus", "per-app-dev-shm" } },
  { G_STRUCT_OFFSET (Permissions, session_bus), "names on the session bus:", { NULL } },
  { G_STRUCT_OFFSET (Permissions, system_bus), "names on the system bus:", { NULL } },
  { G_STRUCT_OFFSET (Permissions, accessibility_bus), "names on the accessibility bus:", { NULL } },
  { G_STRUCT_OFFSET (Permissions, usb), "--usb", { NULL } },
  { G_STRUCT_OFFSET (Permissions, policies), "--add-policy", { NULL } },
};

static gboolean
is_unavailable (guint row, const char *name)
{
  const char *const *words = rows[row].words;

  if (words[0] == NULL || g_str_has_prefix (name, "if:"))
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (rows[row].words) && words[i] != NULL; i++)
    if (strcmp (words[i], name) == 0)
      return TRUE;
  return FALSE;
}

Permissions *
permissions_without_unavailable (const Permissions *permissions)
{
  Permissions *copy = permissions_new ();
  permissions_merge (copy, permissions);

  for (guint row = 0; row < G_N_ELEMENTS (rows); row++)
    {
      GPtrArray *entries = G_STRUCT_MEMBER (GPtrArray *, copy, rows[row].offset);
      for (guint i = entries->len; i-- > 0;)
        {
          const PermissionEntry *entry = entries->pdata[i];
          const char *name = entry->name;
          /* "x11" beside "if:x11:CONDITION" is as little granted as the condition. */
          gboolean bound = entry->granted && !permissions_has (G_STRUCT_MEMBER (GPtrArray *, permissions, rows[row].offset), name);
          if (is_unavailable (row, name) || bound)
            g_ptr_array_remove_index (entries, i);
        }
    }
  for (guint i = copy->filesystems->len; i-- > 0;)
    {
      const FilesystemGrant *grant = copy->filesystems->pdata[i];
      if (strcmp (grant->token, "host-root") == 0)
        g_ptr_array_remove_index (copy->filesystems, i);
    }
  return copy;
}

gboolean
plan_unavailable (PlanContext *context, GError **error)
{
  for (guint row = 0; row < G_N_ELEMENTS (rows); row++)
    {
      const GPtrArray *entries = G_STRUCT_MEMBER (GPtrArray *, context->permissions, rows[row].offset);
      for (guint i = 0; i < entries->len; i++)
        {
          const PermissionEntry *entry = entries->pdata[i];
          gboolean bound = g_str_has_prefix (entry->name, "if:");
          if (entry->granted && is_unavailable (row, entry->name))
            plan_note (context, "not granted: %s%s%s (%s; this version of apprun does not have it)", rows[row].option,
                       bound ? "-if=" : rows[row].option[0] == '-' ? "=" : " ", entry->name + (bound ? strlen ("if:") : 0),
                       entry->origin);
        }
    }
  return TRUE;
}
