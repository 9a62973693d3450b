/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bundle/permissions.h"

#include <string.h>

#include "bundle/filesystem.h"

static void
permission_entry_free (gpointer data)
{
  PermissionEntry *entry = data;
  g_free (entry->name);
  g_free (entry->value);
  g_free (entry->origin);
  g_free (entry);
}

/* Every array of entries, so that what treats them alike need not name them. */
static const gsize entry_arrays[] = {
  G_STRUCT_OFFSET (Permissions, shared),      G_STRUCT_OFFSET (Permissions, sockets),
  G_STRUCT_OFFSET (Permissions, devices),     G_STRUCT_OFFSET (Permissions, features),
  G_STRUCT_OFFSET (Permissions, persistent),  G_STRUCT_OFFSET (Permissions, environment),
  G_STRUCT_OFFSET (Permissions, session_bus), G_STRUCT_OFFSET (Permissions, system_bus),
  G_STRUCT_OFFSET (Permissions, accessibility_bus), G_STRUCT_OFFSET (Permissions, usb),
  G_STRUCT_OFFSET (Permissions, policies),    G_STRUCT_OFFSET (Permissions, limits),
  G_STRUCT_OFFSET (Permissions, network),     G_STRUCT_OFFSET (Permissions, published),
  G_STRUCT_OFFSET (Permissions, walls),
};

#define ENTRY_ARRAY(permissions, i) G_STRUCT_MEMBER (GPtrArray *, (permissions), entry_arrays[i])

Permissions *
permissions_new (void)
{
  Permissions *permissions = g_new0 (Permissions, 1);

  for (guint i = 0; i < G_N_ELEMENTS (entry_arrays); i++)
    ENTRY_ARRAY (permissions, i) = g_ptr_array_new_with_free_func (permission_entry_free);
  permissions->filesystems = g_ptr_array_new_with_free_func ((GDestroyNotify) filesystem_grant_free);
  return permissions;
}

void
permissions_free (Permissions *permissions)
{
  if (permissions == NULL)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (entry_arrays); i++)
    g_ptr_array_unref (ENTRY_ARRAY (permissions, i));
  g_ptr_array_unref (permissions->filesystems);
  g_free (permissions);
}

const PermissionEntry *
permissions_find (const GPtrArray *entries, const char *name)
{
  for (guint i = 0; i < entries->len; i++)
    {
      const PermissionEntry *entry = entries->pdata[i];
      if (strcmp (entry->name, name) == 0)
        return entry;
    }
  return NULL;
}

/* "if:NAME:CONDITION" is about `name`. */
static gboolean
is_condition_of (const char *entry_name, const char *name)
{
  gsize length = strlen (name);
  return g_str_has_prefix (entry_name, "if:") && strncmp (entry_name + 3, name, length) == 0
         && entry_name[3 + length] == ':';
}

gboolean
permissions_has (const GPtrArray *entries, const char *name)
{
  const PermissionEntry *entry = permissions_find (entries, name);

  if (entry == NULL || !entry->granted)
    return FALSE;
  for (guint i = 0; i < entries->len; i++)
    {
      const PermissionEntry *other = entries->pdata[i];
      if (other->granted && is_condition_of (other->name, name))
        return FALSE;
    }
  return TRUE;
}

void
permissions_set (GPtrArray *entries, const char *name, const char *value, gboolean granted, const char *origin)
{
  PermissionEntry *entry = (PermissionEntry *) permissions_find (entries, name);

  if (entry == NULL)
    {
      entry = g_new0 (PermissionEntry, 1);
      entry->name = g_strdup (name);
      g_ptr_array_add (entries, entry);
    }
  /* Copied first: `value` may be the entry's own. */
  char *new_value = g_strdup (value);
  char *new_origin = g_strdup (origin);
  g_free (entry->value);
  g_free (entry->origin);
  entry->value = new_value;
  entry->origin = new_origin;
  entry->granted = granted;
}

/* What an upper layer says about NAME itself ends the conditions that lower layers put on it. */
static void
drop_conditions (GPtrArray *entries, const char *name)
{
  for (guint i = entries->len; i-- > 0;)
    {
      const PermissionEntry *entry = entries->pdata[i];
      if (is_condition_of (entry->name, name))
        g_ptr_array_remove_index (entries, i);
    }
}

static void
merge_entries (GPtrArray *lower, const GPtrArray *upper)
{
  for (guint i = 0; i < upper->len; i++)
    {
      const PermissionEntry *entry = upper->pdata[i];
      drop_conditions (lower, entry->name);
    }
  for (guint i = 0; i < upper->len; i++)
    {
      const PermissionEntry *entry = upper->pdata[i];
      permissions_set (lower, entry->name, entry->value, entry->granted, entry->origin);
    }
}

void
permissions_merge (Permissions *lower, const Permissions *upper)
{
  for (guint i = 0; i < G_N_ELEMENTS (entry_arrays); i++)
    merge_entries (ENTRY_ARRAY (lower, i), ENTRY_ARRAY (upper, i));

  for (guint i = 0; i < upper->filesystems->len; i++)
    {
      const FilesystemGrant *grant = upper->filesystems->pdata[i];
      if (strcmp (grant->token, "host-reset") == 0)
        {
          g_ptr_array_set_size (lower->filesystems, 0);
          break;
        }
    }
  for (guint i = 0; i < upper->filesystems->len; i++)
    filesystem_grant_set (lower->filesystems, filesystem_grant_copy (upper->filesystems->pdata[i]));
}
