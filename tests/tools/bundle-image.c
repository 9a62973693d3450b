/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * bundle-image TREE OUT [plain]: write a folder as an image, sealed or (plain) as squashfs alone, for tests that need a
 * bundle without a build.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "image/image.h"

static gboolean
write_image (const char *tree, const char *out, gboolean plain, GError **error)
{
  autofd tree_fd = -1;
  autofd out_fd = -1;
  ImageWriteOptions options = { .mtime = 1700000000, .n_threads = 1 };
  ImageInfo info;

  tree_fd = file_open (AT_FDCWD, tree, O_RDONLY | O_DIRECTORY, 0, error);
  if (tree_fd < 0)
    return FALSE;
  out_fd = file_open (AT_FDCWD, out, O_RDWR | O_CREAT | O_TRUNC, 0644, error);
  if (out_fd < 0)
    return FALSE;
  if (!image_write (tree_fd, out_fd, &options, error))
    return FALSE;
  if (!plain)
    return TRUE;
  if (!image_inspect (out_fd, out, &info, error))
    return FALSE;
  if (ftruncate (out_fd, (off_t) info.squashfs_size) < 0)
    return error_throw (error, "cannot cut %s to its squashfs", out);
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  gboolean plain = argc == 4 && strcmp (argv[3], "plain") == 0;

  if (argc != 3 && !plain)
    {
      fprintf (stderr, "usage: bundle-image TREE OUT [plain]\n");
      return 2;
    }
  if (write_image (argv[1], argv[2], plain, &error))
    return 0;
  fprintf (stderr, "bundle-image: %s\n", error->message);
  return 1;
}
