/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bundle/value.h"

#include <string.h>

#include "base/error.h"

/* `escapes`: the letters that may follow a backslash. */
static gboolean
check_escapes (const char *raw, const char *escapes, GError **error)
{
  for (const char *p = raw; *p != '\0'; p++)
    if (*p == '\\' && (*++p == '\0' || strchr (escapes, *p) == NULL))
      return error_throw_code (error, ERROR_REFUSED, "the value has a backslash that does not begin \\s, \\n, \\t, \\r or \\\\");
  return TRUE;
}

gboolean
value_read_string (GKeyFile *keyfile, const char *group, const char *key, char **ret_value, GError **error)
{
  g_autoptr (GError) read_error = NULL;
  g_autofree char *raw = g_key_file_get_value (keyfile, group, key, NULL);

  if (raw == NULL)
    {
      *ret_value = NULL;
      return TRUE;
    }
  if (!check_escapes (raw, "sntr\\", error))
    return FALSE;
  g_autofree char *value = g_key_file_get_string (keyfile, group, key, &read_error);
  if (read_error != NULL)
    return error_throw_code (error, ERROR_REFUSED, "%s", read_error->message);
  *ret_value = g_steal_pointer (&value);
  return TRUE;
}

gboolean
value_read_list (GKeyFile *keyfile, const char *group, const char *key, char ***ret_values, GError **error)
{
  g_autoptr (GError) read_error = NULL;
  g_autofree char *raw = g_key_file_get_value (keyfile, group, key, NULL);

  if (raw == NULL)
    {
      *ret_values = g_new0 (char *, 1);
      return TRUE;
    }
  if (!check_escapes (raw, "sntr\\;", error))
    return FALSE;
  g_auto (GStrv) values = g_key_file_get_string_list (keyfile, group, key, NULL, &read_error);
  if (read_error != NULL)
    return error_throw_code (error, ERROR_REFUSED, "%s", read_error->message);
  *ret_values = values != NULL ? g_steal_pointer (&values) : g_new0 (char *, 1);
  return TRUE;
}
