/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/spawn.h"
#include "fixture.h"
#include "image/image.h"

static void
test_same_bytes (Fixture *fixture, gconstpointer data)
{
  autofd tree = fixture_make_tree (fixture, "one", FALSE);
  autofd other = fixture_make_tree (fixture, "two", TRUE);
  autofd a = fixture_write_image (fixture, tree, "a", 1);
  autofd b = fixture_write_image (fixture, other, "b", 7);
  gsize a_length, b_length;
  g_autofree char *a_bytes = fixture_read (a, &a_length);
  g_autofree char *b_bytes = fixture_read (b, &b_length);

  g_assert_cmpmem (a_bytes, a_length, b_bytes, b_length);
}

static void
test_other_content_other_bytes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  autofd tree = fixture_make_tree (fixture, "one", FALSE);
  autofd a = fixture_write_image (fixture, tree, "a", 2);
  g_autofree char *digest = image_digest (a, "a", &error);
  g_autofree char *other = NULL;
  autofd b = -1;

  g_assert_cmpint (fchmodat (tree, "empty", 0755, 0), ==, 0);
  b = fixture_write_image (fixture, tree, "b", 2);
  other = image_digest (b, "b", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (strlen (digest), ==, 64);
  g_assert_cmpstr (digest, !=, other);
}

static void
check_stat (int dir, const char *path, mode_t mode, nlink_t n_links)
{
  struct stat st;

  g_assert_cmpint (fstatat (dir, path, &st, AT_SYMLINK_NOFOLLOW), ==, 0);
  g_assert_cmphex (st.st_mode, ==, mode);
  if (n_links)
    g_assert_cmpint (st.st_nlink, ==, n_links);
}

static void
check_same_file (int a, int b, const char *path)
{
  g_autoptr (GError) error = NULL;
  gsize a_length, b_length;
  g_autofree char *a_bytes = file_read (a, path, 1 << 24, &a_length, &error);
  g_autofree char *b_bytes = file_read (b, path, 1 << 24, &b_length, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (a_bytes, a_length, b_bytes, b_length);
}

static void
test_round_trip (Fixture *fixture, gconstpointer data)
{
  static const char *const files[] = { "small", "large", "empty", "sparse", "sub2/copy", "sub/file-with-some-name-399" };
  g_autoptr (GError) error = NULL;
  autofd tree = fixture_make_tree (fixture, "tree", FALSE);
  autofd image = -1, dest = -1;
  char target[100] = "";

  g_assert_cmpint (fchmodat (tree, "small", 06755, 0), ==, 0);
  g_assert_cmpint (fchmodat (tree, "sub", 01777, 0), ==, 0);
  image = fixture_write_image (fixture, tree, "image", 2);
  g_assert_true (image_check (image, "image", &error));
  g_assert_no_error (error);
  g_assert_true (image_verify (image, "image", &error));
  g_assert_cmpint (mkdirat (fixture->fd, "dest", 0700), ==, 0);
  dest = openat (fixture->fd, "dest", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_true (image_unpack (image, "image", dest, &error));
  g_assert_no_error (error);
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    check_same_file (tree, dest, files[i]);
  check_stat (dest, "small", S_IFREG | 0755, 3);
  check_stat (dest, "a-first-name", S_IFREG | 0755, 3);
  check_stat (dest, "sub2/again", S_IFREG | 0755, 3);
  check_stat (dest, "empty", S_IFREG | 0644, 1);
  check_stat (dest, "sub", S_IFDIR | 0755, 0);
  check_stat (dest, "sub2/none", S_IFDIR | 0755, 0);
  g_assert_cmpint (readlinkat (dest, "link", target, sizeof target), ==, 17);
  g_assert_cmpstr (target, ==, "../outside/target");
}

static void
test_read_file (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  autofd tree = fixture_make_tree (fixture, "tree", FALSE);
  autofd image = fixture_write_image (fixture, tree, "image", 2);
  gsize length = 0, expected_length = 0;
  g_autofree char *expected = file_read (tree, "large", 1 << 24, &expected_length, &error);
  g_autofree char *bytes = image_read_file (image, "image", "large", 1 << 24, &length, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (bytes, length, expected, expected_length);
  g_assert_null (image_read_file (image, "image", "large", 1000, &length, &error));
  g_assert_error (error, ERROR_DOMAIN, ERROR_REFUSED);
  g_clear_error (&error);
  g_assert_null (image_read_file (image, "image", "sub/none", 1000, &length, &error));
  g_assert_error (error, ERROR_DOMAIN, ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_null (image_read_file (image, "image", "link", 1000, &length, &error));
  g_assert_error (error, ERROR_DOMAIN, ERROR_REFUSED);
}

static void
test_special_file_is_named (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  autofd tree = fixture_make_tree (fixture, "tree", FALSE);
  autofd out = openat (fixture->fd, "image", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  ImageWriteOptions options = { 0 };

  g_assert_cmpint (mkfifoat (tree, "sub2/pipe", 0644), ==, 0);
  g_assert_false (image_write (tree, out, &options, &error));
  g_assert_nonnull (strstr (error->message, "sub2/pipe"));
  g_assert_nonnull (strstr (error->message, "fifo"));
}

/* Bytes of files, each file once, and all of them at the end. */
static void
note_progress (guint64 done, guint64 total, gpointer data)
{
  guint64 *last = data;

  g_assert_cmpuint (done, >=, last[0]);
  g_assert_cmpuint (done, <=, total);
  last[0] = done;
  last[1] = total;
}

static void
test_progress (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  autofd tree = fixture_make_tree (fixture, "tree", FALSE);
  autofd out = openat (fixture->fd, "image", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  guint64 last[2] = { 0, 0 };
  ImageWriteOptions options = { .progress = note_progress, .progress_data = last };

  image_write (tree, out, &options, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (last[0], >, 1000000);
  g_assert_cmpuint (last[0], ==, last[1]);
}

static void
test_write_errors (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  autofd tree = fixture_make_tree (fixture, "tree", FALSE);
  autofd full = open ("/dev/full", O_RDWR | O_CLOEXEC);
  autofd write_only = openat (fixture->fd, "image", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  ImageWriteOptions options = { 0 };

  g_assert_false (image_write (tree, full, &options, &error));
  g_clear_error (&error);
  g_assert_false (image_write (tree, write_only, &options, &error));
  g_clear_error (&error);
  options.mtime = -1;
  g_assert_false (image_write (tree, write_only, &options, &error));
  g_assert_error (error, ERROR_DOMAIN, ERROR_USAGE);
}

/* An empty tree makes the smallest image, whose tree of hashes has one block. */
static void
test_empty_tree (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  autofd tree = -1, image = -1;
  ImageInfo info;

  g_assert_cmpint (mkdirat (fixture->fd, "tree", 0755), ==, 0);
  tree = openat (fixture->fd, "tree", O_PATH | O_CLOEXEC);
  image = fixture_write_image (fixture, tree, "image", 1);
  g_assert_true (image_inspect (image, "image", &info, &error));
  g_assert_true (info.sealed);
  g_assert_cmpuint (info.squashfs_size, ==, 8192);
  g_assert_cmpuint (info.file_size, ==, 5 * 4096);
  g_assert_true (image_check (image, "image", &error));
  g_assert_true (image_verify (image, "image", &error));
  g_assert_no_error (error);
}

/* Any byte that is changed is noticed: of the superblock, the data, the hash tree, the padding, the footer. */
static void
test_any_byte_is_noticed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  autofd tree = fixture_make_tree (fixture, "tree", FALSE);
  autofd image = fixture_write_image (fixture, tree, "image", 2);
  struct stat st;

  g_assert_cmpint (fstat (image, &st), ==, 0);
  for (off_t at = 0; at < st.st_size; at += at < 4096 ? 5 : 997)
    {
      guint8 byte, changed;
      g_assert_cmpint (pread (image, &byte, 1, at), ==, 1);
      changed = byte ^ (1 << (at % 8));
      g_assert_cmpint (pwrite (image, &changed, 1, at), ==, 1);
      if (image_verify (image, "image", &error))
        g_error ("the change at byte %ld was not noticed", (long) at);
      g_clear_error (&error);
      g_assert_cmpint (pwrite (image, &byte, 1, at), ==, 1);
    }
  g_assert_true (image_verify (image, "image", &error));
  g_assert_no_error (error);
}

/* Where veritysetup is installed, it must agree. */
static void
test_veritysetup_accepts (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  autofd tree = fixture_make_tree (fixture, "tree", FALSE);
  autofd image = fixture_write_image (fixture, tree, "image", 2);
  g_autofree char *path = g_build_filename (fixture->path, "image", NULL);
  g_autofree char *program = g_find_program_in_path ("veritysetup");
  g_autofree char *offset = NULL;
  SpawnRequest request = SPAWN_REQUEST_INIT;
  ImageInfo info;

  if (program == NULL && g_file_test ("/usr/sbin/veritysetup", G_FILE_TEST_IS_EXECUTABLE))
    program = g_strdup ("/usr/sbin/veritysetup");
  if (program == NULL)
    {
      g_test_skip ("veritysetup is not installed");
      return;
    }
  g_assert_true (image_inspect (image, "image", &info, &error));
  offset = g_strdup_printf ("--hash-offset=%" G_GUINT64_FORMAT, info.squashfs_size);
  const char *argv[] = { program, "verify", offset, path, path, info.root_hash, NULL };
  request.argv = argv;
  g_assert_true (spawn_check (&request, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (pwrite (image, "x", 1, 5000), ==, 1);
  g_assert_false (spawn_check (&request, NULL, &error));
}

#define ADD(name, func) g_test_add ("/image/write/" name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("same-bytes", test_same_bytes);
  ADD ("other-content-other-bytes", test_other_content_other_bytes);
  ADD ("round-trip", test_round_trip);
  ADD ("read-file", test_read_file);
  ADD ("special-file-is-named", test_special_file_is_named);
  ADD ("progress", test_progress);
  ADD ("errors", test_write_errors);
  ADD ("empty-tree", test_empty_tree);
  ADD ("any-byte-is-noticed", test_any_byte_is_noticed);
  ADD ("veritysetup-accepts", test_veritysetup_accepts);
  return g_test_run ();
}
