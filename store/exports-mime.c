/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/exports-mime.h"

#include "base/error.h"
#include "base/file.h"
#include "base/spawn.h"

#define TIME_LIMIT 60

gboolean
exports_mime_update (int exports_fd, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_auto (GStrv) env = g_environ_setenv (g_get_environ (), "PKGSYSTEM_ENABLE_FSYNC", "0", TRUE); /* it can be made again */
  autofd folder = file_open_beneath (exports_fd, EXPORTS_MIME, O_RDONLY | O_DIRECTORY, 0, error);
  const char *const argv[] = { "update-mime-database", ".", NULL };
  SpawnRequest request = SPAWN_REQUEST_INIT;

  if (folder < 0)
    return FALSE;
  request.argv = argv;
  request.env = (const char *const *) env;
  request.cwd_fd = folder;
  request.time_limit = TIME_LIMIT;
  if (spawn_check (&request, NULL, &local) || g_error_matches (local, ERROR_DOMAIN, ERROR_NOT_FOUND))
    return TRUE;
  g_propagate_prefixed_error (error, g_steal_pointer (&local), "types of files: ");
  return FALSE;
}
