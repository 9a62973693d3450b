/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/manifest/finish-option.h"

#include "base/error.h"
#include "builder/manifest/value.h"

#include <string.h>

typedef struct
{
  const char *name;
  FinishKind kind;
  gboolean flag;               /* has no value */
} Row;

static const Row rows[] = {
  { "--metadata", FINISH_METADATA },
  { "--extension", FINISH_EXTENSION },
  { "--extension-priority", FINISH_PRIORITY },
  { "--remove-extension", FINISH_REMOVE_EXTENSION },
  { "--require-version", FINISH_REQUIRE_VERSION },
  { "--extra-data", FINISH_EXTRA_DATA },
  { "--command", FINISH_COMMAND },
  { "--sdk", FINISH_SDK },
  { "--runtime", FINISH_RUNTIME },
  { "--no-exports", FINISH_NO_EXPORTS, TRUE },
  { "--no-inherit-permissions", FINISH_NO_INHERIT_PERMISSIONS, TRUE },
};

void
finish_option_clear (FinishOption *option)
{
  g_free (option->group);
  g_free (option->key);
  g_free (option->value);
  g_free (option->sha256);
  g_free (option->size);
  g_free (option->installed_size);
  g_free (option->url);
}

static const Row *
row_find (const char *argument)
{
  gsize length = strcspn (argument, "=");

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    if (strlen (rows[i].name) == length && strncmp (rows[i].name, argument, length) == 0)
      return &rows[i];
  return NULL;
}

gboolean
finish_option_is (const char *argument)
{
  return row_find (argument) != NULL;
}

/* It is written into a keyfile, and must be the same when it is read. */
static gboolean
check_group_and_key (const char *group, const char *key, GError **error)
{
  if (*group == '\0' || strpbrk (group, "[]") != NULL || !value_check_line (group, NULL))
    return error_throw_code (error, ERROR_USAGE, "\"%s\" is no name of a group of the metadata", group);
  if (*key == '\0' || key[strspn (key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")] != '\0')
    return error_throw_code (error, ERROR_USAGE, "\"%s\" is no name of a key of the metadata", key);
  return TRUE;
}

/* What has options of its own must not come in by the back door: those are checked, and shown to who installs. */
static gboolean
check_not_permission (const char *group, const char *key, GError **error)
{
  static const char *const groups[] = { "Application", "Runtime", "Context", "Environment", "Session Bus Policy",
                                        "System Bus Policy", "Accessibility Bus Policy", "USB Devices", "Instance",
                                        "Extra Data", "ExtensionOf", NULL };

  /* The one key of that group that the option for extra data has no word for. */
  if (g_str_equal (group, "Extra Data") && g_str_equal (key, "NoRuntime"))
    return TRUE;
  if (!g_strv_contains (groups, group) && !g_str_has_prefix (group, "Policy ") && !g_str_has_prefix (group, "Nacelle"))
    return TRUE;
  return error_throw_code (error, ERROR_USAGE,
                           "--metadata cannot write the group \"%s\"; permissions and properties have options of their own",
                           group);
}

/* What an extension point says of paths is followed by whoever mounts it: none may lead out of its folder. */
static gboolean
check_extension_key (const char *name, const char *key, const char *value, GError **error)
{
  static const char *const paths[] = { "directory", "subdirectory-suffix", "add-ld-path", "merge-dirs", NULL };

  return value_check_extension (name, error)
         && (!g_strv_contains (paths, key) || value_check_inner_paths (value, error));
}

/* A=KEY[=VALUE], where no value is "true". */
static gboolean
parse_key (const char *text, gboolean extension, FinishOption *option, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, "=", 3);

  if (g_strv_length (parts) < 2)
    return error_throw_code (error, ERROR_USAGE, "\"%s\" is not of the form %s=KEY or %s=KEY=VALUE", text,
                             extension ? "NAME" : "GROUP", extension ? "NAME" : "GROUP");
  if (!check_group_and_key (parts[0], parts[1], error))
    return FALSE;
  if (extension && !check_extension_key (parts[0], parts[1], parts[2] ?: "", error))
    return FALSE;
  if (!extension && !check_not_permission (parts[0], parts[1], error))
    return FALSE;
  if (!extension && g_str_has_prefix (parts[0], "Extension ")
      && !check_extension_key (parts[0] + strlen ("Extension "), parts[1], parts[2] ?: "", error))
    return FALSE;
  if (parts[2] != NULL && *parts[2] != '\0' && !value_check_line (parts[2], error))
    return FALSE;
  option->group = extension ? g_strconcat ("Extension ", parts[0], NULL) : g_strdup (parts[0]);
  option->key = g_strdup (parts[1]);
  option->value = g_strdup (parts[2] ?: "true");
  return TRUE;
}

/* Several, one for each stable series, with ';' between them. */
static gboolean
check_versions (const char *text, GError **error)
{
  g_auto (GStrv) versions = g_strsplit (text, ";", -1);

  for (char **version = versions; *version != NULL; version++)
    {
      g_auto (GStrv) parts = g_strsplit (*version, ".", -1);
      guint64 number;
      gboolean ok = g_strv_length (parts) == 3;

      for (char **part = parts; ok && *part != NULL; part++)
        ok = g_ascii_string_to_unsigned (*part, 10, 0, 9999, &number, NULL);
      if (!ok)
        return error_throw_code (error, ERROR_USAGE, "\"%s\" is no version of Flatpak, such as 1.12.0", *version);
    }
  return TRUE;
}

static gboolean
parse_extra_data (const char *text, FinishOption *option, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ":", 5);

  if (g_strv_length (parts) != 5)
    return error_throw_code (error, ERROR_USAGE, "\"%s\" is not of the form NAME:SHA256:SIZE:INSTALLED-SIZE:URL", text);
  if (!value_check_file_name (parts[0], error) || !value_check_sha256 (parts[1], error)
      || !value_check_size (parts[2], error) || (*parts[3] != '\0' && !value_check_size (parts[3], error))
      || !value_check_web_url (parts[4], error))
    return FALSE;
  option->value = g_strdup (parts[0]);
  option->sha256 = g_strdup (parts[1]);
  option->size = g_strdup (parts[2]);
  option->installed_size = *parts[3] != '\0' ? g_strdup (parts[3]) : NULL;
  option->url = g_strdup (parts[4]);
  return TRUE;
}

static gboolean
parse_value (const char *value, FinishOption *option, GError **error)
{
  gint64 number;

  switch (option->kind)
    {
    case FINISH_METADATA:
    case FINISH_EXTENSION:
      return parse_key (value, option->kind == FINISH_EXTENSION, option, error);
    case FINISH_PRIORITY:
      if (!g_ascii_string_to_signed (value, 10, G_MININT, G_MAXINT, &number, NULL))
        return error_throw_code (error, ERROR_USAGE, "--extension-priority takes a whole number, not \"%s\"", value);
      option->group = g_strdup ("ExtensionOf");
      option->key = g_strdup ("priority");
      break;
    case FINISH_REMOVE_EXTENSION:
      if (!value_check_extension (value, error))
        return FALSE;
      option->group = g_strconcat ("Extension ", value, NULL);
      break;
    case FINISH_REQUIRE_VERSION:
      if (!check_versions (value, error))
        return FALSE;
      break;
    case FINISH_EXTRA_DATA:
      return parse_extra_data (value, option, error);
    case FINISH_COMMAND:
      if (!value_check_command (value, error))
        return FALSE;
      break;
    case FINISH_SDK:
    case FINISH_RUNTIME:
      if (!value_check_base (value, error))
        return FALSE;
      break;
    case FINISH_NO_EXPORTS:
    case FINISH_NO_INHERIT_PERMISSIONS:
      break;
    }
  option->value = g_strdup (value);
  return TRUE;
}

gboolean
finish_option_parse (const char *argument, FinishOption *ret_option, GError **error)
{
  const Row *row = row_find (argument);
  g_auto (FinishOption) option = { 0 };
  const char *value = strchr (argument, '=');

  if (row == NULL)
    return error_throw_code (error, ERROR_USAGE, "\"%s\" is no finish-arg", argument);
  if (row->flag != (value == NULL))
    return error_throw_code (error, ERROR_USAGE, row->flag ? "%s takes no value" : "%s needs a value, behind '='", row->name);
  option.kind = row->kind;
  if (!parse_value (value != NULL ? value + 1 : "", &option, error))
    return FALSE;
  *ret_option = option;
  memset (&option, 0, sizeof option);
  return TRUE;
}

gboolean
finish_option_among (char *const *arguments, FinishKind kind, const char *value)
{
  for (; arguments != NULL && *arguments != NULL; arguments++)
    {
      g_auto (FinishOption) option = { 0 };

      if (finish_option_is (*arguments) && finish_option_parse (*arguments, &option, NULL) && option.kind == kind
          && (value == NULL || g_strcmp0 (option.value, value) == 0))
        return TRUE;
    }
  return FALSE;
}
