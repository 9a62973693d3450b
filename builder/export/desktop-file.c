/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/export/desktop-file.h"

#include <string.h>

#include "base/error.h"

#define FORWARD "@@"

/* Without undoing any quotes: whichever way somebody reads the line, no word of it may begin so. */
static gboolean
has_forwarding (const char *line)
{
  for (const char *at = strstr (line, FORWARD); at != NULL; at = strstr (at + 1, FORWARD))
    if (at == line || strchr (" \t\n\"'\\", at[-1]) != NULL)
      return TRUE;
  return FALSE;
}

gboolean
desktop_file_check (const char *text, gsize length, GError **error)
{
  g_autoptr (GKeyFile) keyfile = g_key_file_new ();

  if (memchr (text, '\0', length) != NULL || !g_utf8_validate (text, (gssize) length, NULL))
    return error_throw_code (error, ERROR_REFUSED, "it is not a text in UTF-8");
  if (!g_key_file_load_from_data (keyfile, text, length, G_KEY_FILE_NONE, error))
    return FALSE;
  if (!g_key_file_has_group (keyfile, G_KEY_FILE_DESKTOP_GROUP))
    return error_throw_code (error, ERROR_REFUSED, "it has no group [" G_KEY_FILE_DESKTOP_GROUP "]");
  g_auto (GStrv) groups = g_key_file_get_groups (keyfile, NULL);
  for (gsize i = 0; groups[i] != NULL; i++)
    {
      g_autofree char *raw = g_key_file_get_value (keyfile, groups[i], G_KEY_FILE_DESKTOP_KEY_EXEC, NULL);
      g_autofree char *exec = g_key_file_get_string (keyfile, groups[i], G_KEY_FILE_DESKTOP_KEY_EXEC, NULL);

      if ((raw != NULL && has_forwarding (raw)) || (exec != NULL && has_forwarding (exec)))
        return error_throw_code (error, ERROR_REFUSED, "its Exec line in [%s] has a word that begins with " FORWARD
                                 ", by which an app would give itself files of the user", groups[i]);
    }
  return TRUE;
}
