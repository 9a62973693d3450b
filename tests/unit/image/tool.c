/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The functions of image/ as a command, for tests that are written in Python and for trying by hand; not installed.
 *   write TREE IMAGE [LEVEL [THREADS]] | inspect IMAGE | verify IMAGE | check IMAGE | digest IMAGE
 *   | unpack IMAGE DIR | cat IMAGE PATH
 * Exit status 0, or 1 with the error's sentence on stderr.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "image/image.h"

static gboolean
tool_write (int argc, char **argv, GError **error)
{
  autofd tree = file_open (AT_FDCWD, argv[2], O_RDONLY | O_DIRECTORY, 0, error);
  autofd out = tree < 0 ? -1 : file_open (AT_FDCWD, argv[3], O_RDWR | O_CREAT | O_TRUNC, 0644, error);
  ImageWriteOptions options = { .compression_level = argc > 4 ? (int) g_ascii_strtoll (argv[4], NULL, 10) : 0,
                                .n_threads = argc > 5 ? (unsigned) g_ascii_strtoull (argv[5], NULL, 10) : 0, .mtime = 1 };

  return out >= 0 && image_write (tree, out, &options, error);
}

static gboolean
tool_inspect (int fd, const char *name, GError **error)
{
  ImageInfo info;

  if (!image_inspect (fd, name, &info, error))
    return FALSE;
  printf ("sealed=%d squashfs_size=%" G_GUINT64_FORMAT " root_hash=%s file_size=%" G_GUINT64_FORMAT "\n", info.sealed,
          info.squashfs_size, info.root_hash, info.file_size);
  return TRUE;
}

static gboolean
tool_print (char *text, gsize length)
{
  g_autofree char *own = text;

  return own != NULL && fwrite (own, 1, length, stdout) == length;
}

static gboolean
tool_run (int argc, char **argv, GError **error)
{
  const char *verb = argv[1];
  autofd fd = -1;

  if (strcmp (verb, "write") == 0 && argc >= 4)
    return tool_write (argc, argv, error);
  fd = file_open (AT_FDCWD, argv[2], O_RDONLY, 0, error);
  if (fd < 0)
    return FALSE;
  if (strcmp (verb, "inspect") == 0)
    return tool_inspect (fd, argv[2], error);
  if (strcmp (verb, "verify") == 0)
    return image_verify (fd, argv[2], error);
  if (strcmp (verb, "check") == 0)
    return image_check (fd, argv[2], error);
  if (strcmp (verb, "digest") == 0)
    {
      char *digest = image_digest (fd, argv[2], error);
      return tool_print (digest, digest ? strlen (digest) : 0);
    }
  if (strcmp (verb, "unpack") == 0 && argc == 4)
    {
      autofd dest = file_open (AT_FDCWD, argv[3], O_RDONLY | O_DIRECTORY, 0, error);
      return dest >= 0 && image_unpack (fd, argv[2], dest, error);
    }
  if (strcmp (verb, "cat") == 0 && argc == 4)
    {
      gsize length = 0;
      char *text = image_read_file (fd, argv[2], argv[3], 1 << 30, &length, error);
      return tool_print (text, length);
    }
  return error_throw_code (error, ERROR_USAGE, "Unknown use; see the top of tests/unit/image/tool.c");
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  if (argc >= 3 && tool_run (argc, argv, &error))
    return 0;
  fprintf (stderr, "image-tool: %s\n", error ? error->message : "too few arguments");
  return 1;
}
