/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Mount points in the app's own folders.
 *
 * The engine makes missing mount points where the place is the sandbox's own, and nowhere else.  A home folder or a
 * shared place may lie in a folder that the app keeps (a home below /var/tmp, or anything in a home that is
 * kept by --persist=.); there the mount point is made here, without following what the app may have put in the way.
 */
#include "runner/plan/context.h"

#include <string.h>

#include "base/error.h"
#include "runner/appdata.h"
#include "runner/place.h"

/* The folder below ~/.var/app/ID that `path` of the sandbox would be in; NULL when it is not in the app's own. */
static char *
data_folder (PlanContext *context, const char *path)
{
  static const struct
  {
    const char *place;
    const char *folder;
  } rows[] = { { "/var/tmp", "cache/tmp" }, { "/var/cache", "cache" }, { "/var/data", "data" }, { "/var/config", "config" } };
  g_autofree char *parent = g_path_get_dirname (path);
  const Export *covering = exports_covering (context->exports, parent);

  if (covering != NULL)
    {
      if (!covering->ours || covering->source == NULL || covering->fd < 0
          || !place_is_below (covering->source, context->data_path))
        return NULL;
      return g_strconcat ("./", covering->source + strlen (context->data_path), path + strlen (covering->path), NULL);
    }
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (place_is_below (parent, rows[i].place))
      return g_strconcat (rows[i].folder, path + strlen (rows[i].place), NULL);
  return NULL;
}

gboolean
plan_mount_points (PlanContext *context, GError **error)
{
  const GPtrArray *places = context->exports->places;

  for (guint i = 0; i < places->len; i++)
    {
      const Export *export = places->pdata[i];
      g_autofree char *folder = NULL;

      if (export->mode == EXPORT_DENIED || export->mode == EXPORT_HIDDEN)
        continue;
      folder = data_folder (context, export->path);
      if (folder != NULL && !appdata_make_place (context->data_fd, folder, export->is_dir))
        return error_throw_code (error, ERROR_REFUSED,
                                 "\"%s\" cannot be shown: the app has something else at \"%s\" in its data folder",
                                 export->path, folder);
    }
  return TRUE;
}
