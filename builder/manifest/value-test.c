/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a test of the finished app may name.
 */
#include "builder/manifest/value.h"

#include <glib.h>
#include <string.h>
#include <sys/un.h>

gboolean
value_check_test_path (const char *value, GError **error)
{
  if (!value_check_line (value, error))
    return FALSE;
  if (*value == '/' || g_str_equal (value, "~") || g_str_has_prefix (value, "~/"))
    return TRUE;
  return value_refuse (error, value, "is a relative path; here it begins with / or ~/");
}

gboolean
value_check_test_peer (const char *value, GError **error)
{
  const char *colon = strrchr (value, ':');
  guint64 port;

  if (!value_check_line (value, error))
    return FALSE;
  if (*value == '/' || *value == '@')
    return strlen (value) < sizeof (((struct sockaddr_un *) NULL)->sun_path)
           || value_refuse (error, value, "is longer than the name of a socket can be");
  if (colon == NULL || !g_ascii_string_to_unsigned (colon + 1, 10, 1, 65535, &port, NULL))
    return value_refuse (error, value, "is no ADDRESS:PORT, no path of a socket and no @NAME of one");
  g_autofree char *host = g_strndup (value, (gsize) (colon - value));
  gsize length = strlen (host);
  if (length > 2 && host[0] == '[' && host[length - 1] == ']')
    {
      host[length - 1] = '\0';
      return (strchr (host, ':') != NULL && g_hostname_is_ip_address (host + 1))
             || value_refuse (error, value, "has an impossible address");
    }
  return (strchr (host, ':') == NULL && g_hostname_is_ip_address (host))
         || value_refuse (error, value, "needs a numeric address, such as 192.0.2.1:80 or [2001:db8::1]:80: a test asks no name server");
}

gboolean
value_check_test_command (const char *value, GError **error)
{
  g_auto (GStrv) words = NULL;
  g_autoptr (GError) local = NULL;

  if (!value_check_line (value, error))
    return FALSE;
  if (!g_shell_parse_argv (value, NULL, &words, &local))
    return value_refuse (error, value, "is no command: %s", local->message);
  return *words[0] != '\0' || value_refuse (error, value, "names no program");
}

gboolean
value_check_test_status (const char *value, GError **error)
{
  guint64 number;

  return g_ascii_string_to_unsigned (value, 10, 0, 255, &number, NULL) || value_refuse (error, value, "must be a number from 0 to 255");
}
