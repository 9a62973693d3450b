/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/unpacked.h"

#include "base/error.h"
#include "base/file.h"
#include "builder/leftovers.h"
#include "image/image.h"

UnpackedImage *
unpacked_open (const char *path, GError **error)
{
  g_autoptr (UnpackedImage) image = g_new0 (UnpackedImage, 1);
  g_autofree char *cache = g_build_filename (g_get_user_cache_dir (), "nacelle", NULL);
  autofd fd = file_open (AT_FDCWD, path, O_RDONLY, 0, error);
  ImageInfo info;

  image->parent_fd = image->root_fd = -1;
  if (fd < 0 || !image_inspect (fd, path, &info, error) || !image_check (fd, path, error)
      || (info.sealed && !image_verify (fd, path, error)))
    return NULL;
  image->size = info.file_size;
  if (g_mkdir_with_parents (cache, 0700) < 0)
    {
      error_throw (error, "cannot make the cache directory '%s'; is HOME right?", cache);
      return NULL;
    }
  image->parent_fd = file_open (AT_FDCWD, cache, O_RDONLY | O_DIRECTORY, 0, error);
  if (image->parent_fd < 0)
    return NULL;
  image->root_fd = leftovers_mkdtemp (image->parent_fd, "look-", &image->name, error);
  if (image->root_fd < 0 || !image_unpack (fd, path, image->root_fd, error))
    return NULL;
  return g_steal_pointer (&image);
}

void
unpacked_free (UnpackedImage *image)
{
  if (image == NULL)
    return;
  file_close_fd (&image->root_fd);
  if (image->name != NULL)
    (void) file_remove_tree (image->parent_fd, image->name, NULL); /* it is in the cache, where nobody minds it */
  file_close_fd (&image->parent_fd);
  g_free (image->name);
  g_free (image);
}
