/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Zip files, made byte by byte, that say one thing here and another there.
 */
#include <locale.h>

#include "tests/unit/builder/sources-fixture.h"

typedef struct
{
  const char *name, *data;       /* of the local header */
  const char *central_name;      /* NULL: the same */
  const char *unicode_name;      /* in an extra field, NULL: none */
  guint32 local_size, central_size;   /* 0: the true one */
  guint32 crc;                   /* 0: the true one */
  guint flags;
  gsize length;                  /* of the data, 0: it is text */
} ZipEntry;

static guint32
crc32 (const void *data, gsize length)
{
  guint32 crc = 0xffffffff;

  for (const guchar *p = data; length > 0; p++, length--)
    {
      crc ^= *p;
      for (int bit = 0; bit < 8; bit++)
        crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
    }
  return ~crc;
}

static void
put (GByteArray *out, guint bytes, guint64 value)
{
  for (guint i = 0; i < bytes; i++)
    {
      guchar byte = (guchar) (value >> (8 * i));

      g_byte_array_append (out, &byte, 1);
    }
}

static void
put_text (GByteArray *out, const char *text)
{
  g_byte_array_append (out, (const guchar *) text, (guint) strlen (text));
}

/* Info-ZIP's field with the name in UTF-8, for the name that stands in the header. */
static GByteArray *
zip_extra (const ZipEntry *entry, const char *name)
{
  GByteArray *extra = g_byte_array_new ();

  if (entry->unicode_name == NULL)
    return extra;
  put (extra, 2, 0x7075);
  put (extra, 2, 5 + strlen (entry->unicode_name));
  put (extra, 1, 1);
  put (extra, 4, crc32 (name, strlen (name)));
  put_text (extra, entry->unicode_name);
  return extra;
}

static void
put_header (GByteArray *out, const ZipEntry *entry, gboolean central, guint32 offset)
{
  const char *name = central && entry->central_name != NULL ? entry->central_name : entry->name;
  gsize length = entry->length != 0 ? entry->length : strlen (entry->data);
  guint32 crc = entry->crc != 0 ? entry->crc : crc32 (entry->data, length);
  guint32 wanted = central ? entry->central_size : entry->local_size;
  guint32 size = wanted != 0 ? wanted : length;
  g_autoptr (GByteArray) extra = zip_extra (entry, name);

  put (out, 4, central ? 0x02014b50 : 0x04034b50);
  if (central)
    put (out, 2, 0x0314);
  put (out, 2, 20);
  put (out, 2, entry->flags);
  put (out, 2, 0); /* stored */
  put (out, 4, 0x50210000);
  put (out, 4, crc);
  put (out, 4, size);
  put (out, 4, size);
  put (out, 2, strlen (name));
  put (out, 2, extra->len);
  if (central)
    {
      put (out, 6, 0);
      put (out, 4, (guint64) 0100644 << 16);
      put (out, 4, offset);
    }
  put_text (out, name);
  g_byte_array_append (out, extra->data, extra->len);
}

static int
end_zip (GByteArray *out, const GByteArray *directory, guint n)
{
  int fd = memfd_create ("zip", MFD_CLOEXEC);
  guint32 start = out->len;

  g_byte_array_append (out, directory->data, directory->len);
  put (out, 4, 0x06054b50);
  put (out, 4, 0);
  put (out, 2, n);
  put (out, 2, n);
  put (out, 4, directory->len);
  put (out, 4, start);
  put (out, 2, 0);
  g_assert_true (file_write_all (fd, "zip", out->data, out->len, NULL));
  return fd;
}

static int
make_zip (const ZipEntry *entry)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autoptr (GByteArray) directory = g_byte_array_new ();

  put_header (out, entry, FALSE, 0);
  put_text (out, entry->data);
  put_header (directory, entry, TRUE, 0);
  return end_zip (out, directory, 1);
}

#define ZIP(...) make_zip (&(const ZipEntry) { __VA_ARGS__ })
static const UnarchiveRules no_strip = { .strip = 0 };

static void
test_by_hand (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  autofd fd = ZIP (.name = "good", .data = "content");

  unpack (f, fd, &no_strip, &error);
  g_assert_no_error (error);
  assert_text (f, "good", "content");
}

/* CVE-2016-1541: two sizes of one file, and a fork of a Mac's file with them. */
static void
test_sizes_that_differ (Fixture *f, gconstpointer data)
{
  static const char *const names[] = { "file", "__MACOSX/._file", "._file" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      autofd larger = ZIP (.name = names[i], .data = "content", .central_size = 100000);
      autofd smaller = ZIP (.name = names[i], .data = "content", .central_size = 3);
      autofd local = ZIP (.name = names[i], .data = "content", .local_size = 100000);
      autofd huge = ZIP (.name = names[i], .data = "content", .local_size = 0xfffffffe, .central_size = 0xfffffffe);
      autofd wide = ZIP (.name = names[i], .data = "content", .local_size = 0xffffffff, .central_size = 0xffffffff);
      g_autoptr (GError) error = NULL;

      assert_refused (f, larger, &no_strip, "another size");
      assert_refused (f, smaller, &no_strip, "another size");
      assert_refused (f, local, &no_strip, "another size");
      empty_tree (f);
      assert_refused (f, huge, &no_strip, "damaged");
      empty_tree (f);
      /* Both say that the size stands elsewhere, where it does not: the checksum is of what there is. */
      if (unpack (f, wide, &no_strip, &error))
        assert_text (f, names[i], "content");
      else
        g_assert_nonnull (error);
      empty_tree (f);
    }
}

/* The sizes follow the file, so that the header before it has none; and a program stands before the zip. */
static void
test_good_ones_that_look_odd (Fixture *f, gconstpointer data)
{
  autofd later = ZIP (.name = "good", .data = "content", .flags = 8);
  autofd plain = ZIP (.name = "good", .data = "content");
  autofd behind = memfd_create ("zip", MFD_CLOEXEC);
  const int fds[] = { later, behind };

  g_assert_cmpint (pwrite (later, "\0\0\0\0\0\0\0\0\0\0\0\0", 12, 14), ==, 12);
  g_assert_true (file_write_all (behind, "program", "MZ program", 10, NULL));
  g_assert_cmpint (lseek (plain, 0, SEEK_SET), ==, 0);
  g_assert_true (file_copy_fd (plain, behind, "zip", NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      g_autoptr (GError) error = NULL;

      unpack (f, fds[i], &no_strip, &error);
      g_assert_no_error (error);
      assert_text (f, "good", "content");
      empty_tree (f);
    }
}

static void
test_wrong_checksum (Fixture *f, gconstpointer data)
{
  autofd fd = ZIP (.name = "file", .data = "content", .crc = 12345);

  assert_refused (f, fd, &no_strip, "damaged");
}

/* The content of each entry is the header and the content of the next one: `n` files for the price of the last. */
static int
make_nested_zip (guint n)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autoptr (GByteArray) directory = g_byte_array_new ();
  g_autofree guint32 *from_end = g_new0 (guint32, n);
  g_autofree char *text = g_strnfill (100000, 'x');

  put_text (out, text);
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = g_strdup_printf ("file%u", i);
      const ZipEntry entry = { .name = name, .data = (const char *) out->data, .length = out->len };
      GByteArray *longer = g_byte_array_new ();

      put_header (longer, &entry, FALSE, 0);
      g_byte_array_append (longer, out->data, out->len);
      from_end[i] = longer->len;
      g_byte_array_unref (out);
      out = longer;
    }
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = g_strdup_printf ("file%u", i);
      guint32 offset = out->len - from_end[i];
      const ZipEntry entry = { .name = name, .data = (const char *) out->data + offset + 30 + strlen (name),
                               .length = from_end[i] - 30 - strlen (name) };

      put_header (directory, &entry, TRUE, offset);
    }
  return end_zip (out, directory, n);
}

/* What is unpacked is bounded, however small the file is. */
static void
test_entries_that_overlap (Fixture *f, gconstpointer data)
{
  const UnarchiveRules few_bytes = { .max_bytes = 1000000 }, few_entries = { .max_entries = 10 };
  autofd fd = make_nested_zip (30);
  autofd one = make_nested_zip (1);
  g_autoptr (GError) error = NULL;

  assert_refused (f, fd, &few_bytes, "more than");
  assert_refused (f, fd, &few_entries, "more than");
  empty_tree (f);
  g_assert_true (unpack (f, one, &few_bytes, &error));
}

/* The two headers, or a header and its extra field, name the file differently. */
static void
test_two_names (Fixture *f, gconstpointer data)
{
  static const char *const bad[] = { "../evil", "/tmp/nacelle-evil", "a/../../evil", ".." };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      autofd central = ZIP (.name = "good", .central_name = bad[i], .data = "content");
      autofd local = ZIP (.name = bad[i], .central_name = "good", .data = "content");
      autofd unicode = ZIP (.name = "good", .unicode_name = bad[i], .data = "content");
      autofd other = ZIP (.name = bad[i], .unicode_name = "good", .data = "content");
      const int fds[] = { unicode, other };

      assert_refused (f, central, &no_strip, "another name");
      assert_refused (f, local, &no_strip, "another name");
      empty_tree (f);

      for (gsize j = 0; j < G_N_ELEMENTS (fds); j++)
        {
          g_autoptr (GError) error = NULL;

          /* Whichever name counts: it is the good one, or the archive is refused. */
          if (unpack (f, fds[j], &no_strip, &error))
            assert_text (f, "good", "content");
          else
            g_assert_nonnull (error);
          empty_tree (f);
        }
    }
  g_assert_false (g_file_test ("/tmp/nacelle-evil", G_FILE_TEST_EXISTS));
}

static char *
only_name (Fixture *f)
{
  g_autofree char *path = g_build_filename (f->top, "deep", "er", "tree", NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  char *name = g_strdup (g_dir_read_name (dir));

  g_assert_null (g_dir_read_name (dir));
  return name;
}

/* Names in the coding of old PCs and in UTF-8, told apart by a flag, a field or not at all: the user's locale has no part in it. */
static void
test_codings (Fixture *f, gconstpointer data)
{
  static const char utf8[] = "d\xc3\xbcrer", dos[] = "d\x81rer";
  autofd flagged = ZIP (.name = utf8, .data = "x", .flags = 0x800);
  autofd plain = ZIP (.name = utf8, .data = "x");
  autofd field = ZIP (.name = dos, .unicode_name = utf8, .data = "x");
  autofd old = ZIP (.name = dos, .data = "x");
  const struct { int fd; const char *name; } cases[] = { { flagged, utf8 }, { plain, utf8 }, { field, utf8 }, { old, NULL } };
  g_autofree char *first = NULL;

  for (int round = 0; round < 2; round++)
    {
      setlocale (LC_ALL, round == 0 ? "C" : "C.UTF-8");
      for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
        {
          g_autoptr (GError) error = NULL;
          g_autofree char *name = NULL;

          unpack (f, cases[i].fd, &no_strip, &error);
          name = error != NULL ? g_strdup (error->message) : only_name (f);
          if (cases[i].name != NULL)
            g_assert_cmpstr (name, ==, cases[i].name);
          else if (first == NULL)
            first = g_strdup (name);
          else
            g_assert_cmpstr (name, ==, first);
          empty_tree (f);
        }
    }
}

#define ADD(name, function) g_test_add ("/sources/zip/" name, Fixture, NULL, fixture_open, function, fixture_close)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("by-hand", test_by_hand);
  ADD ("CVE-2016-1541-sizes-that-differ", test_sizes_that_differ);
  ADD ("good-ones-that-look-odd", test_good_ones_that_look_odd);
  ADD ("wrong-checksum", test_wrong_checksum);
  ADD ("entries-that-overlap", test_entries_that_overlap);
  ADD ("two-names", test_two_names);
  ADD ("codings", test_codings);
  return g_test_run ();
}
