/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Permissions in a metadata or override keyfile.
 */
#include "bundle/permissions.h"

#include <string.h>

#include "base/error.h"
#include "bundle/filesystem.h"
#include "bundle/limits.h"
#include "bundle/network.h"
#include "bundle/value.h"
#include "bundle/walls.h"
#include "bundle/words.h"

#define CONTEXT "Context"
#define ENVIRONMENT "Environment"
#define USB "USB Devices"
#define POLICY_PREFIX "Policy "

static const struct
{
  const char *group;
  gsize offset;
} bus_groups[] = {
  { "Session Bus Policy", G_STRUCT_OFFSET (Permissions, session_bus) },
  { "System Bus Policy", G_STRUCT_OFFSET (Permissions, system_bus) },
  { "Accessibility Bus Policy", G_STRUCT_OFFSET (Permissions, accessibility_bus) },
};

static const char *const bus_levels[] = { "none", "see", "talk", "own", NULL };

/* Everything here is about a file that someone else wrote, so it is refused, whichever check failed. */
static gboolean
refuse (GError **error, const char *origin, const char *group, const char *key)
{
  if (error != NULL && *error != NULL)
    (*error)->code = ERROR_REFUSED;
  return error_prefix (error, "%s: [%s] %s", origin, group, key);
}

static gboolean
read_words (Permissions *layer, GKeyFile *keyfile, const WordList *list, const char *origin, GError **error)
{
  g_auto (GStrv) words = NULL;
  if (!value_read_list (keyfile, CONTEXT, list->key, &words, error))
    return refuse (error, origin, CONTEXT, list->key);
  for (char **word = words; *word != NULL; word++)
    {
      gboolean negated = (*word)[0] == '!';
      if (!word_list_check (list, *word + negated, error))
        return refuse (error, origin, CONTEXT, list->key);
      permissions_set (word_list_entries (list, layer), *word + negated, NULL, !negated, origin);
    }
  return TRUE;
}

static gboolean
read_filesystems (Permissions *layer, GKeyFile *keyfile, const char *origin, GError **error)
{
  g_auto (GStrv) tokens = NULL;
  if (!value_read_list (keyfile, CONTEXT, "filesystems", &tokens, error))
    return refuse (error, origin, CONTEXT, "filesystems");
  for (char **token = tokens; *token != NULL; token++)
    {
      gboolean negated = (*token)[0] == '!';
      FilesystemGrant *grant = filesystem_grant_parse (*token + negated, negated, origin, error);
      if (grant == NULL)
        return refuse (error, origin, CONTEXT, "filesystems");
      filesystem_grant_set (layer->filesystems, grant);
    }
  return TRUE;
}

static gboolean
read_persistent (Permissions *layer, GKeyFile *keyfile, const char *origin, GError **error)
{
  g_auto (GStrv) paths = NULL;
  if (!value_read_list (keyfile, CONTEXT, "persistent", &paths, error))
    return refuse (error, origin, CONTEXT, "persistent");
  for (char **path = paths; *path != NULL; path++)
    {
      g_autofree char *argument = g_strconcat ("--persist=", *path, NULL);
      if (!permissions_add_argument (layer, argument, origin, error))
        return refuse (error, origin, CONTEXT, "persistent");
    }
  return TRUE;
}

static gboolean
read_environment (Permissions *layer, GKeyFile *keyfile, const char *origin, GError **error)
{
  g_auto (GStrv) names = g_key_file_get_keys (keyfile, ENVIRONMENT, NULL, NULL);
  g_auto (GStrv) unset = NULL;

  for (char **name = names; name != NULL && *name != NULL; name++)
    {
      g_autofree char *value = NULL;
      if (!value_read_string (keyfile, ENVIRONMENT, *name, &value, error) || !variable_name_check (*name, error))
        return refuse (error, origin, ENVIRONMENT, *name);
      permissions_set (layer->environment, *name, value, TRUE, origin);
    }
  if (!value_read_list (keyfile, CONTEXT, "unset-environment", &unset, error))
    return refuse (error, origin, CONTEXT, "unset-environment");
  for (char **name = unset; *name != NULL; name++)
    {
      if (!variable_name_check (*name, error))
        return refuse (error, origin, CONTEXT, "unset-environment");
      permissions_set (layer->environment, *name, NULL, FALSE, origin);
    }
  return TRUE;
}

static gboolean
read_bus (GPtrArray *entries, GKeyFile *keyfile, const char *group, const char *origin, GError **error)
{
  g_auto (GStrv) names = g_key_file_get_keys (keyfile, group, NULL, NULL);

  for (char **name = names; name != NULL && *name != NULL; name++)
    {
      g_autofree char *level = NULL;
      if (!bus_name_check (*name, error) || !value_read_string (keyfile, group, *name, &level, error))
        return refuse (error, origin, group, *name);
      if (level == NULL || !g_strv_contains (bus_levels, level))
        {
          error_throw_code (error, ERROR_REFUSED, "\"%s\" is not none, see, talk or own", level != NULL ? level : "");
          return refuse (error, origin, group, *name);
        }
      permissions_set (entries, *name, level, strcmp (level, "none") != 0, origin);
    }
  return TRUE;
}

static gboolean
read_usb (Permissions *layer, GKeyFile *keyfile, const char *key, gboolean granted, const char *origin, GError **error)
{
  g_auto (GStrv) queries = NULL;
  if (!value_read_list (keyfile, USB, key, &queries, error))
    return refuse (error, origin, USB, key);
  for (char **query = queries; *query != NULL; query++)
    {
      if (!usb_query_check (*query, error))
        return refuse (error, origin, USB, key);
      permissions_set (layer->usb, *query, NULL, granted, origin);
    }
  return TRUE;
}

static gboolean
read_policies (Permissions *layer, GKeyFile *keyfile, const char *group, const char *origin, GError **error)
{
  g_auto (GStrv) keys = g_key_file_get_keys (keyfile, group, NULL, NULL);

  for (char **key = keys; key != NULL && *key != NULL; key++)
    {
      g_auto (GStrv) values = NULL;
      if (!value_read_list (keyfile, group, *key, &values, error))
        return refuse (error, origin, group, *key);
      for (char **value = values; *value != NULL; value++)
        {
          gboolean negated = (*value)[0] == '!';
          g_autofree char *argument
            = g_strdup_printf ("--%s-policy=%s.%s=%s", negated ? "remove" : "add", group + strlen (POLICY_PREFIX), *key,
                               *value + negated);
          if (!permissions_add_argument (layer, argument, origin, error))
            return refuse (error, origin, group, *key);
        }
    }
  return TRUE;
}

/* A group of names with a value each. */
static gboolean
read_pairs (GPtrArray *entries, GKeyFile *keyfile, const char *group,
            gboolean (*set) (GPtrArray *entries, const char *name, const char *value, const char *origin, GError **error),
            const char *origin, GError **error)
{
  g_auto (GStrv) names = g_key_file_get_keys (keyfile, group, NULL, NULL);

  for (char **name = names; name != NULL && *name != NULL; name++)
    {
      g_autofree char *value = NULL;
      if (!value_read_string (keyfile, group, *name, &value, error) || !set (entries, *name, value, origin, error))
        return refuse (error, origin, group, *name);
    }
  return TRUE;
}

static gboolean
read_network (Permissions *layer, GKeyFile *keyfile, const char *origin, GError **error)
{
  const char *key = NULL;

  return network_read (layer, keyfile, origin, &key, error) || refuse (error, origin, NETWORK_GROUP, key);
}

Permissions *
permissions_from_keyfile (GKeyFile *keyfile, const char *origin, GError **error)
{
  g_autoptr (Permissions) layer = permissions_new ();

  for (const WordList *list = word_lists; list->key != NULL; list++)
    if (!read_words (layer, keyfile, list, origin, error))
      return NULL;
  if (!read_filesystems (layer, keyfile, origin, error) || !read_persistent (layer, keyfile, origin, error)
      || !read_environment (layer, keyfile, origin, error))
    return NULL;
  for (guint i = 0; i < G_N_ELEMENTS (bus_groups); i++)
    if (!read_bus (G_STRUCT_MEMBER (GPtrArray *, layer, bus_groups[i].offset), keyfile, bus_groups[i].group, origin,
                   error))
      return NULL;
  if (!read_usb (layer, keyfile, "enumerable-devices", TRUE, origin, error)
      || !read_usb (layer, keyfile, "hidden-devices", FALSE, origin, error)
      || !read_pairs (layer->limits, keyfile, LIMITS_GROUP, limits_set, origin, error)
      || !read_pairs (layer->walls, keyfile, WALLS_GROUP, walls_set, origin, error) || !read_network (layer, keyfile, origin, error))
    return NULL;

  g_auto (GStrv) groups = g_key_file_get_groups (keyfile, NULL);
  for (char **group = groups; *group != NULL; group++)
    if (g_str_has_prefix (*group, POLICY_PREFIX) && !read_policies (layer, keyfile, *group, origin, error))
      return NULL;
  return g_steal_pointer (&layer);
}

static void
write_list (GKeyFile *keyfile, const char *group, const char *key, const GPtrArray *values)
{
  if (values->len > 0)
    g_key_file_set_string_list (keyfile, group, key, (const char *const *) values->pdata, values->len);
  else if (g_key_file_has_group (keyfile, group))
    (void) g_key_file_remove_key (keyfile, group, key, NULL); /* absent is what we want */
}

static void
write_entries (GKeyFile *keyfile, const char *group, const char *key, const GPtrArray *entries, gboolean granted_only,
               gboolean denied_only)
{
  g_autoptr (GPtrArray) values = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < entries->len; i++)
    {
      const PermissionEntry *entry = entries->pdata[i];
      if ((granted_only && !entry->granted) || (denied_only && entry->granted))
        continue;
      g_ptr_array_add (values, g_strconcat (entry->granted || denied_only ? "" : "!", entry->name, NULL));
    }
  write_list (keyfile, group, key, values);
}

static void
write_policies (GKeyFile *keyfile, const GPtrArray *policies)
{
  for (guint i = 0; i < policies->len; i++)
    {
      const PermissionEntry *entry = policies->pdata[i];
      const char *dot = strchr (entry->name, '.');
      const char *equals = strchr (entry->name, '=');
      g_autofree char *group = g_strdup_printf (POLICY_PREFIX "%.*s", (int) (dot - entry->name), entry->name);
      g_autofree char *key = g_strndup (dot + 1, (gsize) (equals - dot - 1));
      g_autofree char *value = g_strconcat (entry->granted ? "" : "!", equals + 1, NULL);
      g_autofree char *denied = g_strconcat ("!", equals + 1, NULL);
      g_autoptr (GPtrArray) values = g_ptr_array_new_with_free_func (g_free);

      g_auto (GStrv) old = g_key_file_get_string_list (keyfile, group, key, NULL, NULL);
      for (char **p = old; p != NULL && *p != NULL; p++)
        if (strcmp (*p, equals + 1) != 0 && strcmp (*p, denied) != 0)
          g_ptr_array_add (values, g_strdup (*p));
      g_ptr_array_add (values, g_steal_pointer (&value));
      write_list (keyfile, group, key, values);
    }
}

static void
write_pairs (GKeyFile *keyfile, const char *group, const GPtrArray *entries)
{
  for (guint i = 0; i < entries->len; i++)
    {
      const PermissionEntry *entry = entries->pdata[i];
      g_key_file_set_string (keyfile, group, entry->name, entry->value);
    }
}

void
permissions_to_keyfile (const Permissions *permissions, GKeyFile *keyfile)
{
  for (const WordList *list = word_lists; list->key != NULL; list++)
    write_entries (keyfile, CONTEXT, list->key, word_list_entries (list, permissions), FALSE, FALSE);

  g_autoptr (GPtrArray) filesystems = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < permissions->filesystems->len; i++)
    g_ptr_array_add (filesystems, filesystem_grant_format (permissions->filesystems->pdata[i]));
  write_list (keyfile, CONTEXT, "filesystems", filesystems);
  write_entries (keyfile, CONTEXT, "persistent", permissions->persistent, TRUE, FALSE);
  write_entries (keyfile, CONTEXT, "unset-environment", permissions->environment, FALSE, TRUE);

  for (guint i = 0; i < permissions->environment->len; i++)
    {
      const PermissionEntry *entry = permissions->environment->pdata[i];
      if (entry->granted)
        g_key_file_set_string (keyfile, ENVIRONMENT, entry->name, entry->value);
    }
  for (guint i = 0; i < G_N_ELEMENTS (bus_groups); i++)
    write_pairs (keyfile, bus_groups[i].group, G_STRUCT_MEMBER (GPtrArray *, permissions, bus_groups[i].offset));
  write_entries (keyfile, USB, "enumerable-devices", permissions->usb, TRUE, FALSE);
  write_entries (keyfile, USB, "hidden-devices", permissions->usb, FALSE, TRUE);
  write_policies (keyfile, permissions->policies);
  write_pairs (keyfile, LIMITS_GROUP, permissions->limits);
  write_pairs (keyfile, WALLS_GROUP, permissions->walls);
  network_write (permissions, keyfile);
}
