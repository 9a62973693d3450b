/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What of an app the desktop of the host may see: which files of a bundle's folder export/, and under which names.
 */
#pragma once

#include <glib.h>

typedef enum
{
  EXPORTED_NOT,             /* not a kind of file that is exported */
  EXPORTED_DESKTOP_FILE,
  EXPORTED_ICON,
  EXPORTED_METAINFO,
  EXPORTED_SEARCH_PROVIDER,
  EXPORTED_MIME,
  /* In bundles, for Flatpak: an app of Nacelle has no bus to answer on, so a call that started it would wait in vain. */
  EXPORTED_DBUS_SERVICE,
} ExportedKind;

/* By folder and suffix; `path` is relative: "share/applications/org.example.App.desktop". */
ExportedKind exported_kind (const char *path);

/* May a file of this name be exported by `id`?  The id itself, or the id followed by '.' or '-'. */
gboolean exported_name_allowed (const char *id, const char *name);
