/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/sources/data.h"

#include <string.h>

#include "base/error.h"

gboolean
data_url_is (const char *url)
{
  return g_ascii_strncasecmp (url, "data:", 5) == 0;
}

GBytes *
data_base64_decode (const char *text, GError **error)
{
  g_autoptr (GString) clean = g_string_new (NULL);
  gsize digits, length = 0;
  guchar *bytes = NULL;

  /* GLib's decoder passes over everything that it does not know, so that a wrong letter would change the content. */
  for (const char *p = text; *p != '\0'; p++)
    if (!g_ascii_isspace (*p))
      g_string_append_c (clean, *p);
  digits = strspn (clean->str, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
  if (strspn (clean->str + digits, "=") != clean->len - digits || clean->len - digits > 2 || clean->len % 4 != 0)
    {
      error_throw (error, "this is not base64: letters, digits, '+' and '/' in groups of four, filled up with '='");
      return NULL;
    }
  bytes = g_base64_decode (clean->str, &length);
  return g_bytes_new_take (bytes, length);
}

GBytes *
data_url_decode (const char *url, GError **error)
{
  const char *comma = strchr (url, ',');
  g_autofree char *head = NULL;
  g_autoptr (GBytes) plain = NULL;
  g_autofree char *text = NULL;

  if (!data_url_is (url) || comma == NULL)
    {
      error_throw (error, "\"%.40s\" is not a data: URL", url);
      return NULL;
    }
  head = g_strndup (url, comma - url);
  plain = g_uri_unescape_bytes (comma + 1, -1, NULL, NULL);
  if (plain == NULL)
    {
      error_throw (error, "a data: URL has a '%%' that no two hexadecimal digits follow");
      return NULL;
    }
  if (strlen (head) < strlen (";base64")
      || g_ascii_strcasecmp (head + strlen (head) - strlen (";base64"), ";base64") != 0)
    return g_steal_pointer (&plain);
  text = g_strndup (g_bytes_get_data (plain, NULL), g_bytes_get_size (plain));
  return data_base64_decode (text, error);
}
