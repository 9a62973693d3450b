/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The work is done by a program of its own, image-unpack: the launch path stays free of squashfs libraries.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/spawn.h"
#include "image/attach_private.h"

#define STATUS_REFUSED 3 /* of image-unpack: the image is bad, not the host */

static gboolean
unpacked_path (int fd, const char *name, gboolean allow_unsealed, char **ret_path, GError **error)
{
  g_autofree char *program = spawn_helper_path ("image-unpack");
  g_autofree char *number = g_strdup_printf ("%d", fd);
  g_autofree char *cache = g_build_filename (g_get_user_cache_dir (), "nacelle", "unpacked", NULL);
  g_autofree char *output = NULL;
  g_autofree char *errors = NULL;
  const char *argv[] = { program, number, name, cache, allow_unsealed ? "allow-unsealed" : NULL, NULL };
  SpawnRequest request = SPAWN_REQUEST_INIT;
  int status = 0;

  request.argv = argv;
  request.keep_fds = &fd;
  request.n_keep_fds = 1;
  if (!spawn_run (&request, &status, &output, &errors, error))
    return FALSE;
  g_strchomp (output);
  g_strchomp (errors);
  if (status != 0)
    return error_throw_code (error, status == STATUS_REFUSED ? ERROR_REFUSED : ERROR_FAILED, "%s",
                             *errors ? errors : "image-unpack ended without saying why");
  *ret_path = g_build_filename (cache, output, NULL);
  return TRUE;
}

gboolean
image_attach_unpacked (int fd, const char *name, gboolean allow_unsealed, ImageAttachment *ret_attachment, GError **error)
{
  g_autofree char *path = NULL;
  autofd root = -1, files = -1;

  if (!unpacked_path (fd, name, allow_unsealed, &path, error))
    return FALSE;
  root = file_open (AT_FDCWD, path, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0, error);
  if (root < 0)
    return FALSE;
  files = openat (root, "files", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (files < 0)
    return error_throw_code (error, ERROR_REFUSED, "The image %s is no bundle: it has no folder \"files\"", name);
  ret_attachment->root_fd = file_steal_fd (&root);
  ret_attachment->files_fd = file_steal_fd (&files);
  ret_attachment->is_mount = FALSE;
  ret_attachment->alive_fd = -1;
  return TRUE;
}
