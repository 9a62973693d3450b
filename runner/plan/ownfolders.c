/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runner/plan/ownfolders.h"

#include <string.h>

#include "base/file.h"
#include "runner/appdata.h"
#include "runner/place.h"

static const char *
own_folder (const char *token)
{
  static const struct
  {
    const char *prefix;
    const char *folder;
  } rows[] = { { "xdg-config/", "config/" }, { "xdg-cache/", "cache/" }, { "xdg-data/", "data/" } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (g_str_has_prefix (token, rows[i].prefix))
      return rows[i].folder;
  return NULL;
}

void
share_in_own_folder (PlanContext *context, const FilesystemGrant *grant, const char *path)
{
  const char *folder = own_folder (grant->token);
  g_autofree char *canonical = NULL;
  struct stat st;

  if (folder == NULL || grant->mode == FILESYSTEM_NONE)
    return;
  autofd fd = place_open (path, &canonical, NULL, NULL);
  const Export *shared = fd >= 0 ? exports_covering (context->exports, canonical) : NULL;
  if (shared == NULL || strcmp (shared->path, canonical) != 0 || fstat (fd, &st) < 0)
    return;

  g_autofree char *below = g_strconcat (folder, strchr (grant->token, '/') + 1, NULL);
  g_autofree char *inside = g_strconcat (context->data_path, "/", below, NULL);
  if (appdata_make_place (context->data_fd, below, S_ISDIR (st.st_mode)))
    exports_add (context->exports, inside, canonical, file_steal_fd (&fd),
                 grant->mode == FILESYSTEM_READ_ONLY ? EXPORT_READ_ONLY : EXPORT_READ_WRITE, grant->origin);
  else
    plan_note (context, "not shared in the app's own folder: %s (the app has something else at %s)", grant->token, below);
}
