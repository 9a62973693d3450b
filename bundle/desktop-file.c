/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bundle/desktop-file.h"

#include <string.h>

#include "base/error.h"
#include "bundle/exported.h"
#include "bundle/metadata.h"
#include "bundle/value.h"

#define FORWARD "@@"
#define ENTRY G_KEY_FILE_DESKTOP_GROUP
#define PROVIDER "Shell Search Provider"

/* Without undoing any quotes: whichever way somebody reads the line, no word of it may begin so. */
static gboolean
has_forwarding (const char *line)
{
  for (const char *at = strstr (line, FORWARD); at != NULL; at = strstr (at + 1, FORWARD))
    if (at == line || strchr (" \t\n\"'\\", at[-1]) != NULL)
      return TRUE;
  return FALSE;
}

static gboolean
check_group (GKeyFile *keyfile, const char *group, GError **error)
{
  g_autofree char *raw = g_key_file_get_value (keyfile, group, G_KEY_FILE_DESKTOP_KEY_EXEC, NULL);
  g_autofree char *exec = g_key_file_get_string (keyfile, group, G_KEY_FILE_DESKTOP_KEY_EXEC, NULL);

  if ((raw != NULL && has_forwarding (raw)) || (exec != NULL && has_forwarding (exec)))
    return error_throw_code (error, ERROR_REFUSED, "its Exec line in [%s] has a word that begins with " FORWARD
                             ", by which an app would give itself files of the user", group);
  return TRUE;
}

gboolean
desktop_file_check (const char *text, gsize length, GError **error)
{
  g_autoptr (GKeyFile) keyfile = g_key_file_new ();

  if (memchr (text, '\0', length) != NULL || !g_utf8_validate (text, (gssize) length, NULL))
    return error_throw_code (error, ERROR_REFUSED, "it is not a text in UTF-8");
  if (!g_key_file_load_from_data (keyfile, text, length, G_KEY_FILE_NONE, error))
    return FALSE;
  if (!g_key_file_has_group (keyfile, ENTRY))
    return error_throw_code (error, ERROR_REFUSED, "it has no group [" ENTRY "]");
  g_auto (GStrv) groups = g_key_file_get_groups (keyfile, NULL);
  for (gsize i = 0; groups[i] != NULL; i++)
    if (!check_group (keyfile, groups[i], error))
      return FALSE;
  return TRUE;
}

/* Other groups are of other times or other programs; nobody says what they make of them. */
static gboolean
is_known_group (const char *group)
{
  return strcmp (group, ENTRY) == 0 || g_str_has_prefix (group, "Desktop Action ");
}

/* Keys that name files, programs or services of the host, or that speak for another app. */
static gboolean
is_dropped_key (GKeyFile *keyfile, const char *group, const char *key)
{
  static const char *const dropped[] = { "TryExec", "Path", "URL", "DBusActivatable", "X-GNOME-Bugzilla-ExtraInfoScript",
                                         "X-KDE-DBus-Address", "X-KDE-StartupNotify-Service", NULL };
  gsize length = strcspn (key, "[");
  g_autofree char *plain = g_strndup (key, length);

  if (strcmp (plain, "Icon") == 0)
    {
      g_autofree char *value = g_key_file_get_value (keyfile, group, key, NULL);
      return value == NULL || strpbrk (value, "/\\") != NULL;
    }
  return g_strv_contains (dropped, plain) || g_str_has_prefix (plain, "X-Flatpak") || g_str_has_prefix (plain, "X-Nacelle")
         || (strcmp (plain, "Exec") == 0 && key[length] != '\0');
}

static gboolean
rewrite_group (GKeyFile *keyfile, const char *group, const DesktopLauncher *launcher, GError **error)
{
  g_auto (GStrv) keys = g_key_file_get_keys (keyfile, group, NULL, NULL);

  if (!check_group (keyfile, group, error))
    return FALSE;
  for (gsize i = 0; keys != NULL && keys[i] != NULL; i++)
    if (is_dropped_key (keyfile, group, keys[i]))
      g_key_file_remove_key (keyfile, group, keys[i], NULL);
  g_autofree char *exec = NULL;
  if (!value_read_string (keyfile, group, G_KEY_FILE_DESKTOP_KEY_EXEC, &exec, error))
    return error_prefix (error, "its Exec line in [%s]", group);
  g_autofree char *line = desktop_exec_rewrite (exec, launcher, error);
  if (line == NULL)
    return FALSE;
  g_key_file_set_string (keyfile, group, G_KEY_FILE_DESKTOP_KEY_EXEC, line);
  return TRUE;
}

/* As strict as with metadata: what one reader takes for the first of two groups, another takes for the last. */
static GKeyFile *
parse (const char *text, gsize length, GError **error)
{
  g_autoptr (GKeyFile) strict = metadata_keyfile_parse (text, length, "the file", error);
  g_autoptr (GKeyFile) keyfile = g_key_file_new ();

  if (strict == NULL || !g_key_file_load_from_data (keyfile, text, length, G_KEY_FILE_KEEP_TRANSLATIONS, error))
    return NULL;
  return g_steal_pointer (&keyfile);
}

char *
desktop_file_rewrite (const char *text, gsize length, const DesktopLauncher *launcher, gsize *ret_length, GError **error)
{
  g_autoptr (GKeyFile) keyfile = parse (text, length, error);
  g_autofree char *type = NULL;

  if (keyfile == NULL)
    return NULL;
  type = g_key_file_get_string (keyfile, ENTRY, G_KEY_FILE_DESKTOP_KEY_TYPE, NULL);
  if (g_strcmp0 (type, G_KEY_FILE_DESKTOP_TYPE_APPLICATION) != 0)
    {
      error_throw_code (error, ERROR_REFUSED, "it has no Type=" G_KEY_FILE_DESKTOP_TYPE_APPLICATION " in [" ENTRY "]");
      return NULL;
    }
  g_auto (GStrv) groups = g_key_file_get_groups (keyfile, NULL);
  for (gsize i = 0; groups[i] != NULL; i++)
    if (!is_known_group (groups[i]))
      g_key_file_remove_group (keyfile, groups[i], NULL);
    else if (!rewrite_group (keyfile, groups[i], launcher, error))
      return NULL;
  g_key_file_set_string (keyfile, ENTRY, "X-Nacelle", launcher->id);
  return g_key_file_to_data (keyfile, ret_length, NULL);
}

static gboolean
is_own_name (const char *id, const char *name, const char *suffix)
{
  g_autofree char *whole = g_strconcat (id, suffix, NULL);

  return name != NULL && (strcmp (name, whole) == 0 || exported_name_allowed (id, name));
}

char *
search_provider_rewrite (const char *text, gsize length, const char *id, gsize *ret_length, GError **error)
{
  g_autoptr (GKeyFile) keyfile = parse (text, length, error);
  g_autofree char *bus_name = NULL;
  g_autofree char *desktop_id = NULL;

  if (keyfile == NULL)
    return NULL;
  bus_name = g_key_file_get_string (keyfile, PROVIDER, "BusName", NULL);
  desktop_id = g_key_file_get_string (keyfile, PROVIDER, "DesktopId", NULL);
  if (!is_own_name (id, bus_name, "") || !is_own_name (id, desktop_id, ".desktop"))
    {
      error_throw_code (error, ERROR_REFUSED, "its BusName or DesktopId is not one of the app's own");
      return NULL;
    }
  g_key_file_set_boolean (keyfile, PROVIDER, "DefaultDisabled", TRUE);
  return g_key_file_to_data (keyfile, ret_length, NULL);
}
