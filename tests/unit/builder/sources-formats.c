/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every kind of archive that a manifest may name gives the same files.
 */
#include <locale.h>

#include "tests/unit/builder/sources-fixture.h"

static void
add_entry (struct archive *a, const char *path, mode_t type, const char *text)
{
  struct archive_entry *entry = archive_entry_new ();

  archive_entry_set_pathname (entry, path);
  archive_entry_set_filetype (entry, type);
  archive_entry_set_perm (entry, 0755);
  archive_entry_set_mtime (entry, 1600000000, 0);
  if (type == AE_IFLNK)
    archive_entry_set_symlink (entry, text);
  archive_entry_set_size (entry, type == AE_IFREG ? strlen (text) : 0);
  g_assert_cmpint (archive_write_header (a, entry), ==, ARCHIVE_OK);
  if (type == AE_IFREG)
    g_assert_cmpint (archive_write_data (a, text, strlen (text)), ==, strlen (text));
  archive_entry_free (entry);
}

/* -1: this libarchive writes no such filter by itself. */
static int
make (int format, int filter, const char *password)
{
  struct archive *a = archive_write_new ();
  int fd = memfd_create ("archive", MFD_CLOEXEC);

  g_assert_cmpint (archive_write_set_format (a, format), ==, ARCHIVE_OK);
  if (filter != ARCHIVE_FILTER_NONE && archive_write_add_filter (a, filter) != ARCHIVE_OK)
    {
      archive_write_free (a);
      close (fd);
      return -1;
    }
  if (password != NULL)
    {
      g_assert_cmpint (archive_write_set_options (a, "zip:encryption=zipcrypt"), ==, ARCHIVE_OK);
      g_assert_cmpint (archive_write_set_passphrase (a, password), ==, ARCHIVE_OK);
    }
  g_assert_cmpint (archive_write_open_fd (a, fd), ==, ARCHIVE_OK);
  add_entry (a, "top", AE_IFDIR, NULL);
  add_entry (a, "top/file", AE_IFREG, "content\n");
  add_entry (a, "top/d\xc3\xbcrer/deep", AE_IFREG, "deep\n");
  add_entry (a, "top/link", AE_IFLNK, "file");
  g_assert_cmpint (archive_write_close (a), ==, ARCHIVE_OK);
  archive_write_free (a);
  return fd;
}

/* The usual lead and two empty headers before a compressed cpio. */
static int
make_rpm (int cpio_fd)
{
  static const guchar header[16] = { 0x8e, 0xad, 0xe8, 0x01 };
  guchar lead[96] = { 0xed, 0xab, 0xee, 0xdb, 3, 0 };
  int fd = memfd_create ("rpm", MFD_CLOEXEC);

  g_assert_true (file_write_all (fd, "rpm", lead, sizeof lead, NULL));
  g_assert_true (file_write_all (fd, "rpm", header, sizeof header, NULL));
  g_assert_true (file_write_all (fd, "rpm", header, sizeof header, NULL));
  g_assert_cmpint (lseek (cpio_fd, 0, SEEK_SET), ==, 0);
  g_assert_true (file_copy_fd (cpio_fd, fd, "rpm", NULL));
  return fd;
}

static void
assert_all_there (Fixture *f, int fd)
{
  g_autoptr (GError) error = NULL;
  char target[10] = "";

  unpack (f, fd, NULL, &error);
  g_assert_no_error (error);
  assert_text (f, "file", "content\n");
  assert_text (f, "d\xc3\xbcrer/deep", "deep\n");
  g_assert_cmpint (readlinkat (f->tree_fd, "link", target, sizeof target - 1), ==, 4);
  g_assert_cmpstr (target, ==, "file");
  empty_tree (f);
}

static void
test_every_kind (Fixture *f, gconstpointer data)
{
  static const struct { int format, filter; } kinds[] = {
    { ARCHIVE_FORMAT_TAR_GNUTAR, ARCHIVE_FILTER_NONE }, { ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_GZIP },
    { ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE, ARCHIVE_FILTER_COMPRESS }, { ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_BZIP2 },
    { ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_LZIP }, { ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_LZMA },
    { ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_LZOP }, { ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_XZ },
    { ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_ZSTD }, { ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE },
    { ARCHIVE_FORMAT_7ZIP, ARCHIVE_FILTER_NONE }, { ARCHIVE_FORMAT_CPIO_SVR4_NOCRC, ARCHIVE_FILTER_GZIP },
  };
  locale_t utf8 = newlocale (LC_CTYPE_MASK, "C.UTF-8", (locale_t) 0), before = uselocale (utf8);

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      autofd fd = make (kinds[i].format, kinds[i].filter, NULL);

      if (fd < 0)
        {
          g_test_message ("this libarchive does not write filter %d", kinds[i].filter);
          continue;
        }
      /* The reader has a locale of its own. */
      uselocale (before);
      assert_all_there (f, fd);
      uselocale (utf8);
      if (kinds[i].format == ARCHIVE_FORMAT_CPIO_SVR4_NOCRC)
        {
          autofd rpm = make_rpm (fd);

          assert_all_there (f, rpm);
        }
    }
  uselocale (before);
  freelocale (utf8);
}

static void
test_encrypted (Fixture *f, gconstpointer data)
{
  autofd fd = make (ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, "secret");

  assert_refused (f, fd, NULL, "encrypted");
}

/* A plain program before the zip, as installers for other systems have it. */
static void
test_data_before_and_after (Fixture *f, gconstpointer data)
{
  g_autofree char *noise = g_strnfill (5000, 'x');
  autofd zip = make (ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL);
  autofd tar = make (ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE, NULL);
  autofd fd = memfd_create ("archive", MFD_CLOEXEC);

  g_assert_true (file_write_all (fd, "archive", noise, 5000, NULL));
  g_assert_cmpint (lseek (zip, 0, SEEK_SET), ==, 0);
  g_assert_true (file_copy_fd (zip, fd, "archive", NULL));
  {
    g_autoptr (GError) error = NULL;

    unpack (f, fd, NULL, &error); /* either all of it, or an error */
    if (error == NULL)
      assert_text (f, "file", "content\n");
  }
  empty_tree (f);
  /* What follows the end of a tar is not read. */
  g_assert_cmpint (lseek (tar, 0, SEEK_END), >, 0);
  g_assert_true (file_write_all (tar, "archive", noise, 5000, NULL));
  assert_all_there (f, tar);
}

/* Zeros, packed well, packed twice, in parts that are put together, and with something behind them. */
static int
make_bomb (int filter, int second)
{
  static const char zeros[65536];
  struct archive *a = archive_write_new ();
  struct archive_entry *entry = archive_entry_new ();
  int fd = memfd_create ("bomb", MFD_CLOEXEC);

  g_assert_cmpint (archive_write_set_format_ustar (a), ==, ARCHIVE_OK);
  if (archive_write_add_filter (a, filter) != ARCHIVE_OK
      || (second != ARCHIVE_FILTER_NONE && archive_write_add_filter (a, second) != ARCHIVE_OK))
    {
      archive_entry_free (entry);
      archive_write_free (a);
      close (fd);
      return -1;
    }
  g_assert_cmpint (archive_write_open_fd (a, fd), ==, ARCHIVE_OK);
  archive_entry_set_pathname (entry, "top/zeros");
  archive_entry_set_filetype (entry, AE_IFREG);
  archive_entry_set_perm (entry, 0644);
  archive_entry_set_size (entry, 32 * sizeof zeros);
  g_assert_cmpint (archive_write_header (a, entry), ==, ARCHIVE_OK);
  for (int i = 0; i < 32; i++)
    g_assert_cmpint (archive_write_data (a, zeros, sizeof zeros), ==, sizeof zeros);
  archive_entry_free (entry);
  g_assert_cmpint (archive_write_close (a), ==, ARCHIVE_OK);
  archive_write_free (a);
  return fd;
}

static void
test_bombs (Fixture *f, gconstpointer data)
{
  static const int filters[] = { ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_BZIP2, ARCHIVE_FILTER_XZ, ARCHIVE_FILTER_LZMA, ARCHIVE_FILTER_LZIP,
                                 ARCHIVE_FILTER_ZSTD, ARCHIVE_FILTER_COMPRESS };
  const UnarchiveRules less = { .max_bytes = 1 << 20 }, enough = { .max_bytes = 4 << 20 };

  for (gsize i = 0; i < G_N_ELEMENTS (filters); i++)
    for (int twice = 0; twice < 2; twice++)
      {
        g_autoptr (GError) error = NULL;
        autofd fd = make_bomb (filters[i], twice ? ARCHIVE_FILTER_GZIP : ARCHIVE_FILTER_NONE);

        if (fd < 0)
          continue;
        assert_refused (f, fd, &less, "more than 1048576 bytes");
        g_assert_cmpint (lseek (fd, 0, SEEK_END), >, 0);
        g_assert_true (file_write_all (fd, "bomb", "behind it", 9, NULL));
        if (!unpack (f, fd, &enough, &error)) /* what follows the end may be an error, and never content */
          g_assert_error (error, ERROR_DOMAIN, ERROR_REFUSED);
        empty_tree (f);
      }
}

#define ADD(name, function) g_test_add ("/sources/formats/" name, Fixture, NULL, fixture_open, function, fixture_close)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("every-kind", test_every_kind);
  ADD ("encrypted", test_encrypted);
  ADD ("bombs", test_bombs);
  ADD ("data-before-and-after", test_data_before_and_after);
  return g_test_run ();
}
