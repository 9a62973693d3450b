/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bundle/exported.h"

#include <string.h>

static const struct
{
  const char *folder;
  gboolean deep;                /* subfolders, too */
  ExportedKind kind;
  const char *suffixes[5];      /* NULL-ended */
} rules[] = {
  { "share/applications/", FALSE, EXPORTED_DESKTOP_FILE, { ".desktop" } },
  { "share/icons/", TRUE, EXPORTED_ICON, { ".png", ".svg", ".svgz", ".ico" } },
  { "share/metainfo/", FALSE, EXPORTED_METAINFO, { ".xml" } },
  { "share/metainfo/releases/", FALSE, EXPORTED_METAINFO, { ".releases.xml" } },
  { "share/gnome-shell/search-providers/", FALSE, EXPORTED_SEARCH_PROVIDER, { ".ini" } },
  { "share/mime/packages/", FALSE, EXPORTED_MIME, { ".xml" } },
  { "share/dbus-1/services/", FALSE, EXPORTED_DBUS_SERVICE, { ".service" } },
  { "share/krunner/dbusplugins/", FALSE, EXPORTED_DBUS_SERVICE, { ".desktop" } },
};

ExportedKind
exported_kind (const char *path)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rules); i++)
    {
      const char *rest = path + strlen (rules[i].folder);

      if (!g_str_has_prefix (path, rules[i].folder) || (!rules[i].deep && strchr (rest, '/') != NULL))
        continue;
      for (gsize j = 0; rules[i].suffixes[j] != NULL; j++)
        if (g_str_has_suffix (rest, rules[i].suffixes[j]))
          return rules[i].kind;
    }
  return EXPORTED_NOT;
}

gboolean
exported_name_allowed (const char *id, const char *name)
{
  gsize length = strlen (id);

  if (strncmp (name, id, length) != 0)
    return FALSE;
  return name[length] == '.' || name[length] == '-';
}
