/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixture.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "image/image.h"

void
fixture_set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->path = g_dir_make_tmp ("nacelle-image-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->fd = file_open (AT_FDCWD, fixture->path, O_RDONLY | O_DIRECTORY, 0, &error);
  g_assert_no_error (error);
}

void
fixture_tear_down (Fixture *fixture, gconstpointer data)
{
  file_remove_tree (AT_FDCWD, fixture->path, NULL);
  close (fixture->fd);
  g_free (fixture->path);
}

static void
put_file (int dir, const char *name, gsize size, guint seed, mode_t mode)
{
  g_autofree guint8 *bytes = g_malloc (size + 1);
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  g_autoptr (GError) error = NULL;
  int fd = openat (dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

  g_assert_cmpint (fd, >=, 0);
  for (gsize i = 0; i < size; i++)
    bytes[i] = (guint8) g_rand_int_range (random, 0, 16);
  file_write_all (fd, name, bytes, size, &error);
  g_assert_no_error (error);
  close (fd);
}

static void
put_step (int tree, unsigned step)
{
  int sub;

  switch (step)
    {
    case 0:
      put_file (tree, "small", 100, 1, 0666);
      break;
    case 1:
      put_file (tree, "large", 700000, 2, 0777);
      break;
    case 2:
      put_file (tree, "empty", 0, 3, 0600);
      break;
    case 3:
      g_assert_cmpint (symlinkat ("../outside/target", tree, "link"), ==, 0);
      break;
    case 4:
      g_assert_cmpint (mkdirat (tree, "sub", 0777), ==, 0);
      sub = openat (tree, "sub", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      for (int i = 0; i < 400; i++)
        {
          g_autofree char *name = g_strdup_printf ("file-with-some-name-%03d", i);
          put_file (sub, name, i, i, 0644);
        }
      close (sub);
      break;
    case 5:
      g_assert_cmpint (mkdirat (tree, "sub2", 0700), ==, 0);
      g_assert_cmpint (mkdirat (tree, "sub2/none", 0700), ==, 0);
      put_file (tree, "sub2/copy", 700000, 2, 0644);
      break;
    default:
      break;
    }
}

int
fixture_make_tree (Fixture *fixture, const char *name, gboolean reverse)
{
  mode_t mask = umask (reverse ? 077 : 002);
  int tree, sparse;

  g_assert_cmpint (mkdirat (fixture->fd, name, 0777), ==, 0);
  tree = openat (fixture->fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
  g_assert_cmpint (tree, >=, 0);
  for (unsigned i = 0; i < 6; i++)
    put_step (tree, reverse ? 5 - i : i);
  g_assert_cmpint (linkat (tree, "small", tree, "sub2/again", 0), ==, 0);
  g_assert_cmpint (linkat (tree, "small", tree, "a-first-name", 0), ==, 0);
  sparse = openat (tree, "sparse", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  g_assert_cmpint (pwrite (sparse, "end", 3, 1000000), ==, 3);
  close (sparse);
  umask (mask);
  return tree;
}

int
fixture_write_image (Fixture *fixture, int tree_fd, const char *image, unsigned n_threads)
{
  g_autoptr (GError) error = NULL;
  ImageWriteOptions options = { .n_threads = n_threads, .mtime = 1700000000 };
  int fd = openat (fixture->fd, image, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

  g_assert_cmpint (fd, >=, 0);
  image_write (tree_fd, fd, &options, &error);
  g_assert_no_error (error);
  return fd;
}

char *
fixture_read (int fd, gsize *ret_length)
{
  g_autoptr (GError) error = NULL;
  char *bytes;

  lseek (fd, 0, SEEK_SET);
  bytes = file_read_fd (fd, "image", 1 << 30, ret_length, &error);
  g_assert_no_error (error);
  return bytes;
}
