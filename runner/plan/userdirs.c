/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runner/plan/userdirs.h"

#include <string.h>

#include "base/file.h"
#include "base/witness.h"
#include "bundle/filesystem.h"

#define CONFIGURATION_MAX (64 * 1024)

static const struct
{
  const char *word;
  const char *variable;
  const char *name;  /* when nothing is configured */
} rows[] = {
  { "xdg-desktop", "XDG_DESKTOP_DIR", "Desktop" },      { "xdg-documents", "XDG_DOCUMENTS_DIR", "Documents" },
  { "xdg-download", "XDG_DOWNLOAD_DIR", "Downloads" },  { "xdg-music", "XDG_MUSIC_DIR", "Music" },
  { "xdg-pictures", "XDG_PICTURES_DIR", "Pictures" },   { "xdg-public-share", "XDG_PUBLICSHARE_DIR", "Public" },
  { "xdg-templates", "XDG_TEMPLATES_DIR", "Templates" }, { "xdg-videos", "XDG_VIDEOS_DIR", "Videos" },
};

const char *
userdirs_variable (const char *word)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (strcmp (rows[i].word, word) == 0)
      return rows[i].variable;
  return NULL;
}

/* The value of VARIABLE="..." in the file's text, with its shell escapes undone; NULL when not there. */
static char *
find_value (const char *text, const char *variable)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  char *value = NULL;

  for (char **line = lines; *line != NULL; line++)
    {
      g_strstrip (*line);
      gsize length = strlen (variable);
      if (strncmp (*line, variable, length) != 0 || (*line)[length] != '=')
        continue;
      char *unquoted = g_shell_unquote (*line + length + 1, NULL);
      if (unquoted != NULL)
        {
          g_free (value); /* as in a shell, the last one counts */
          value = unquoted;
        }
    }
  return value;
}

char *
userdirs_path (const Host *host, const char *word)
{
  const char *variable = userdirs_variable (word);
  if (variable == NULL)
    return NULL;

  g_autofree char *config = host_xdg_dir (host, "XDG_CONFIG_HOME", ".config");
  g_autofree char *file = g_build_filename (config, "user-dirs.dirs", NULL);
  witness_note (WITNESS_FILE, file);
  g_autofree char *text = file_read (AT_FDCWD, file, CONFIGURATION_MAX, NULL, NULL);
  g_autofree char *value = text != NULL ? find_value (text, variable) : NULL;

  if (value == NULL)
    for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
      if (rows[i].variable == variable)
        return g_build_filename (host->home, rows[i].name, NULL);

  /* g_shell_unquote() leaves "$HOME" as it is, and the format allows no other variable. */
  g_autofree char *path = g_str_has_prefix (value, "$HOME") ? g_strconcat (host->home, value + strlen ("$HOME"), NULL)
                                                            : g_strdup (value);
  g_autofree char *below = path[0] == '/' ? filesystem_path_normalise (path, NULL) : NULL;
  if (below == NULL)
    return NULL;
  g_autofree char *plain = g_strconcat ("/", below, NULL);
  return strcmp (plain, host->home) == 0 || below[0] == '\0' ? NULL : g_steal_pointer (&plain);
}
