/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The functions of image/ as a command, for tests that are written in Python and for trying by hand; not installed.
 *   write TREE IMAGE [LEVEL [THREADS]] | inspect IMAGE | verify IMAGE | check IMAGE | digest IMAGE
 *   | unpack IMAGE DIR | cat IMAGE PATH | flips IMAGE COUNT SEED
 * flips tries COUNT copies of the image with a few bits flipped, each checked, verified when sealed, and read.
 * Exit status 0, or 1 with the error's sentence on stderr.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "image/image.h"
#include "image/tree.h"

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
content_ignore (const guint8 *data, gsize length, gpointer user, GError **error)
{
  return TRUE;
}

static gboolean
everything_is_good (int fd)
{
  g_autoptr (ImageTree) tree = NULL;

  if (!image_check (fd, "flipped", NULL) || (tree = image_tree_load (fd, "flipped", NULL)) == NULL)
    return FALSE;
  if (tree->reader->layout.info.sealed && !image_verify (fd, "flipped", NULL))
    return FALSE;
  for (guint i = 0; i < tree->inodes->len; i++)
    if (image_tree_inode (tree, i)->kind == TREE_FILE
        && !image_tree_read_file (tree, image_tree_inode (tree, i), content_ignore, NULL, NULL))
      return FALSE;
  return TRUE;
}

/* Every third round aims at the superblock, every third at the second half, where the tables are. */
static gboolean
tool_flips (int fd, guint count, guint32 seed, GError **error)
{
  gsize length = 0;
  g_autofree guint8 *bytes = (guint8 *) file_read_fd (fd, "image", 1 << 26, &length, error);
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  autofd copy = memfd_create ("flipped", MFD_CLOEXEC);
  guint accepted = 0;

  if (bytes == NULL || !file_write_all (copy, "copy", bytes, length, error))
    return FALSE;
  for (guint round = 0; round < count; round++)
    {
      gsize at[8];
      guint n = (guint) g_rand_int_range (random, 1, 9);

      for (guint i = 0; i < n; i++)
        {
          gsize low = round % 3 == 1 ? length / 2 : 0;
          gsize high = round % 3 == 0 ? 96 : length;
          guint8 byte;
          at[i] = (gsize) g_rand_int_range (random, (gint32) low, (gint32) high);
          byte = bytes[at[i]] ^ (guint8) (1 << g_rand_int_range (random, 0, 8));
          if (pwrite (copy, &byte, 1, (off_t) at[i]) != 1)
            return error_throw (error, "cannot write the copy");
        }
      accepted += everything_is_good (copy);
      for (guint i = 0; i < n; i++)
        if (pwrite (copy, &bytes[at[i]], 1, (off_t) at[i]) != 1)
          return error_throw (error, "cannot write the copy");
    }
  printf ("%u refused, %u accepted\n", count - accepted, accepted);
  return TRUE;
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
  if (strcmp (verb, "flips") == 0 && argc == 5)
    return tool_flips (fd, (guint) g_ascii_strtoull (argv[3], NULL, 10), (guint32) g_ascii_strtoull (argv[4], NULL, 10), error);
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
