/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Archives that attack, each beside a harmless twin.  Every case unpacks into TOP/tree; TOP/out stands for the rest
 * of the host and must stay as it was.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/sources/unarchive.h"

typedef struct
{
  char *top;
  int tree_fd, out_fd;
} Fixture;

static void
fixture_open (Fixture *f, gconstpointer data)
{
  g_autofree char *tree = NULL;
  g_autofree char *out = NULL;

  f->top = g_dir_make_tmp ("nacelle-archive-XXXXXX", NULL);
  tree = g_build_filename (f->top, "tree", NULL);
  out = g_build_filename (f->top, "out", NULL);
  g_assert_cmpint (mkdir (tree, 0755), ==, 0);
  g_assert_cmpint (mkdir (out, 0755), ==, 0);
  f->tree_fd = open (tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  f->out_fd = open (out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_true (file_write_atomic (f->out_fd, "canary", "alive", 5, 0644, NULL));
  g_assert_cmpint (fchmod (f->out_fd, 0755), ==, 0);
}

/* Nothing came to be outside and nothing changed there. */
static void
fixture_close (Fixture *f, gconstpointer data)
{
  g_autofree char *canary = file_read (f->out_fd, "canary", 100, NULL, NULL);
  g_autofree char *out = g_build_filename (f->top, "out", NULL);
  g_autoptr (GDir) dir = g_dir_open (out, 0, NULL);
  struct stat st;

  g_assert_cmpstr (canary, ==, "alive");
  g_assert_cmpstr (g_dir_read_name (dir), ==, "canary");
  g_assert_null (g_dir_read_name (dir));
  g_assert_cmpint (fstatat (f->out_fd, "canary", &st, 0), ==, 0);
  g_assert_cmpint (st.st_nlink, ==, 1);
  g_assert_cmpint (fstat (f->out_fd, &st), ==, 0);
  g_assert_cmpint (st.st_mode & 07777, ==, 0755);
  close (f->tree_fd);
  close (f->out_fd);
  g_assert_true (file_remove_tree (AT_FDCWD, f->top, NULL));
  g_free (f->top);
}

/* One entry of a test archive. */
typedef struct
{
  const char *path;
  char type;               /* f d l(symlink) h(ard link) c(device) p(fifo) */
  const char *text;        /* content, or the target of a link */
  mode_t mode;
  gint64 mtime;
} Entry;

static void
entry_write (struct archive *a, const Entry *e)
{
  struct archive_entry *entry = archive_entry_new ();
  mode_t types[128] = { ['f'] = AE_IFREG, ['h'] = AE_IFREG, ['d'] = AE_IFDIR, ['l'] = AE_IFLNK, ['c'] = AE_IFCHR,
                        ['p'] = AE_IFIFO };

  archive_entry_set_pathname (entry, e->path);
  archive_entry_set_filetype (entry, types[(int) e->type]);
  archive_entry_set_perm (entry, e->mode != 0 ? e->mode : 0755);
  archive_entry_set_mtime (entry, e->mtime != 0 ? e->mtime : 1600000000, 0);
  if (e->type == 'l')
    archive_entry_set_symlink (entry, e->text);
  if (e->type == 'h')
    archive_entry_set_hardlink (entry, e->text);
  archive_entry_set_size (entry, e->type == 'f' ? strlen (e->text) : 0);
  g_assert_cmpint (archive_write_header (a, entry), >=, ARCHIVE_WARN);
  if (e->type == 'f')
    g_assert_cmpint (archive_write_data (a, e->text, strlen (e->text)), ==, strlen (e->text));
  archive_entry_free (entry);
}

static int
make_archive (const Entry *entries, gboolean zip)
{
  int fd = memfd_create ("archive", MFD_CLOEXEC);
  struct archive *a = archive_write_new ();

  if (zip)
    archive_write_set_format_zip (a);
  else
    archive_write_set_format_pax_restricted (a);
  g_assert_cmpint (archive_write_open_fd (a, fd), ==, ARCHIVE_OK);
  for (; entries->path != NULL; entries++)
    entry_write (a, entries);
  g_assert_cmpint (archive_write_close (a), ==, ARCHIVE_OK);
  archive_write_free (a);
  return fd;
}

static gboolean
unpack (Fixture *f, const Entry *entries, unsigned strip, GError **error)
{
  autofd fd = make_archive (entries, FALSE);
  UnarchiveRules rules = { .strip = strip };

  return unarchive_fd (fd, "test.tar", f->tree_fd, &rules, error);
}

#define assert_unpacks(f, strip, ...) \
  G_STMT_START { g_autoptr (GError) e_ = NULL; const Entry list_[] = { __VA_ARGS__, { NULL } }; \
    unpack (f, list_, strip, &e_); g_assert_no_error (e_); } G_STMT_END
#define assert_refused(f, strip, ...) \
  G_STMT_START { g_autoptr (GError) e_ = NULL; const Entry list_[] = { __VA_ARGS__, { NULL } }; \
    g_assert_false (unpack (f, list_, strip, &e_)); g_assert_nonnull (e_); } G_STMT_END

static void
assert_text (Fixture *f, const char *path, const char *text)
{
  g_autofree char *found = file_read (f->tree_fd, path, 1000, NULL, NULL);

  g_assert_cmpstr (found, ==, text);
}

static void
test_plain (Fixture *f, gconstpointer data)
{
  struct stat st;
  char target[100] = "";

  assert_unpacks (f, 1, { "p-1/", 'd' }, { "p-1/a", 'f', "one", 0640 }, { "p-1/s/b", 'f', "two", 0755 },
                  { "p-1/l", 'l', "/etc/passwd" }, { "p-1/h", 'h', "p-1/a" }, { "p-1/./s//c", 'f', "three" });
  assert_text (f, "a", "one");
  assert_text (f, "s/b", "two");
  assert_text (f, "s/c", "three");
  assert_text (f, "h", "one");
  g_assert_cmpint (fstatat (f->tree_fd, "a", &st, 0), ==, 0);
  g_assert_cmpint (st.st_mode & 07777, ==, 0640);
  g_assert_cmpint (st.st_mtime, ==, 1600000000);
  g_assert_cmpint (st.st_nlink, ==, 2);
  g_assert_cmpint (readlinkat (f->tree_fd, "l", target, sizeof target), ==, 11);
  g_assert_cmpstr (target, ==, "/etc/passwd");
}

static void
test_names (Fixture *f, gconstpointer data)
{
  g_autofree char *deep = g_strnfill (5000, 'x');
  g_autofree char *absolute = g_build_filename (f->top, "out", "new", NULL);

  assert_refused (f, 0, { "../out/new", 'f', "x" });
  assert_refused (f, 0, { "a/../../out/new", 'f', "x" });
  assert_refused (f, 0, { "..", 'd' });
  assert_refused (f, 0, { absolute, 'f', "x" });
  assert_refused (f, 1, { "p/../../out/new", 'f', "x" });
  assert_refused (f, 0, { deep, 'f', "x" });
  assert_unpacks (f, 0, { "..a/...", 'f', "x" });
}

/* GHSA-q4gj-vh8c-67p8, CVE-2018-20482 and their kin: a link, then an entry through it. */
static void
test_through_symlink (Fixture *f, gconstpointer data)
{
  assert_refused (f, 0, { "l", 'l', "../out" }, { "l/new", 'f', "x" });
  assert_refused (f, 0, { "m", 'l', ".." }, { "m/out/new", 'f', "x" });
  assert_refused (f, 0, { "n", 'l', "../out" }, { "n/", 'd' });
  assert_refused (f, 0, { "o", 'l', "/" }, { "o/sub/", 'd' });
  /* The same names without going through are fine, and a file replaces the link instead of its target. */
  assert_unpacks (f, 0, { "q", 'l', "../out/canary" }, { "q", 'f', "mine" });
  assert_text (f, "q", "mine");
}

/* CVE-2016-5418, GHSA-q4gj-vh8c-67p8. */
static void
test_hard_links (Fixture *f, gconstpointer data)
{
  assert_refused (f, 0, { "h", 'h', "../out/canary" });
  assert_refused (f, 0, { "l", 'l', "../out/canary" }, { "h", 'h', "l" });
  assert_refused (f, 0, { "d", 'l', "../out" }, { "h", 'h', "d/canary" });
  assert_refused (f, 0, { "dir", 'd' }, { "h", 'h', "dir" });
  assert_refused (f, 0, { "h", 'h', "later" }, { "later", 'f', "x" });
  assert_refused (f, 1, { "p/h", 'h', "p" });
  assert_unpacks (f, 0, { "a", 'f', "x" }, { "h", 'h', "./a" }, { "a2", 'h', "h" }, { "a2", 'h', "a2" });
}

/* CVE-2021-31566: a deferred change of a directory that became a link. */
static void
test_directory_becomes_symlink (Fixture *f, gconstpointer data)
{
  struct stat before, after;

  g_assert_cmpint (fstat (f->out_fd, &before), ==, 0);
  assert_unpacks (f, 0, { "d", 'd', NULL, 0700 }, { "d", 'l', "../out" });
  g_assert_cmpint (fstat (f->out_fd, &after), ==, 0);
  g_assert_cmpint (before.st_mtime, ==, after.st_mtime);
  assert_refused (f, 0, { "e/x", 'f', "x" }, { "e", 'l', "../out" });
}

static void
test_types_and_bits (Fixture *f, gconstpointer data)
{
  struct stat st;

  assert_refused (f, 0, { "c", 'c' });
  assert_refused (f, 0, { "p", 'p' });
  assert_unpacks (f, 0, { "s", 'f', "x", 06755 }, { "z", 'f', "x", 01 }, { "d", 'd', NULL, 01 }, { "d/x", 'f', "x" });
  g_assert_cmpint (fstatat (f->tree_fd, "s", &st, 0), ==, 0);
  g_assert_cmpint (st.st_mode & 07777, ==, 0755);
  g_assert_cmpint (fstatat (f->tree_fd, "z", &st, 0), ==, 0);
  g_assert_cmpint (st.st_mode & 07777, ==, 0401);
  g_assert_cmpint (fstatat (f->tree_fd, "d", &st, 0), ==, 0);
  g_assert_cmpint (st.st_mode & 07777, ==, 0701);
}

/* CVE-2025-25724 and others: times that overflow. */
static void
test_times (Fixture *f, gconstpointer data)
{
  struct stat st;

  assert_unpacks (f, 0, { "a", 'f', "x", 0, G_MAXINT64 / 2 }, { "b", 'f', "x", 0, -5000000000 });
  g_assert_cmpint (fstatat (f->tree_fd, "a", &st, 0), ==, 0);
  g_assert_cmpint (st.st_mtime, ==, 4294967295);
  g_assert_cmpint (fstatat (f->tree_fd, "b", &st, 0), ==, 0);
  g_assert_cmpint (st.st_mtime, ==, 315532800);
}

static gboolean
unpack_limited (Fixture *f, UnarchiveRules rules, const Entry *entries)
{
  autofd fd = make_archive (entries, FALSE);
  g_autoptr (GError) error = NULL;

  return unarchive_fd (fd, "test.tar", f->tree_fd, &rules, &error);
}

static void
test_limits (Fixture *f, gconstpointer data)
{
  const Entry three[] = { { "a", 'f', "12345" }, { "b", 'f', "12345" }, { "c", 'f', "12345" }, { NULL } };

  g_assert_false (unpack_limited (f, (UnarchiveRules) { .max_entries = 2 }, three));
  g_assert_true (unpack_limited (f, (UnarchiveRules) { .max_entries = 3 }, three));
  g_assert_false (unpack_limited (f, (UnarchiveRules) { .max_bytes = 14 }, three));
  g_assert_true (unpack_limited (f, (UnarchiveRules) { .max_bytes = 15 }, three));
}

/* A few hundred KiB of gzip that want to be 300 MiB. */
static void
test_bomb (Fixture *f, gconstpointer data)
{
  static char zeros[1 << 20];
  autofd fd = memfd_create ("bomb", MFD_CLOEXEC);
  struct archive *a = archive_write_new ();
  struct archive_entry *entry = archive_entry_new ();
  UnarchiveRules strict = { .max_ratio = 100 };
  g_autoptr (GError) error = NULL;

  archive_write_add_filter_gzip (a);
  archive_write_set_format_ustar (a);
  archive_write_open_fd (a, fd);
  archive_entry_set_pathname (entry, "zeros");
  archive_entry_set_filetype (entry, AE_IFREG);
  archive_entry_set_perm (entry, 0644);
  archive_entry_set_size (entry, 300 * sizeof zeros);
  archive_write_header (a, entry);
  for (int i = 0; i < 300; i++)
    archive_write_data (a, zeros, sizeof zeros);
  archive_entry_free (entry);
  archive_write_free (a);
  g_assert_false (unarchive_fd (fd, "bomb.tar.gz", f->tree_fd, &strict, &error));
  g_assert_error (error, ERROR_DOMAIN, ERROR_REFUSED);
  g_assert_nonnull (strstr (error->message, "100 times"));
}

static void
test_sparse_size (Fixture *f, gconstpointer data)
{
  autofd fd = memfd_create ("sparse", MFD_CLOEXEC);
  struct archive *a = archive_write_new ();
  struct archive_entry *entry = archive_entry_new ();
  UnarchiveRules none = { 0 };
  UnarchiveRules strict = { .max_bytes = 1 << 20 };
  struct stat st;

  archive_write_set_format_pax (a);
  archive_write_open_fd (a, fd);
  archive_entry_set_pathname (entry, "sparse");
  archive_entry_set_filetype (entry, AE_IFREG);
  archive_entry_set_perm (entry, 0644);
  archive_entry_set_size (entry, 8 << 20);
  archive_entry_sparse_add_entry (entry, 0, 4);
  archive_write_header (a, entry);
  archive_write_data (a, "data", 4);
  archive_entry_free (entry);
  archive_write_free (a);
  g_assert_false (unarchive_fd (fd, "sparse.tar", f->tree_fd, &strict, NULL));
  g_assert_true (unarchive_fd (fd, "sparse.tar", f->tree_fd, &none, NULL));
  g_assert_cmpint (fstatat (f->tree_fd, "sparse", &st, 0), ==, 0);
  g_assert_cmpint (st.st_size, ==, 8 << 20);
}

/* A size field that is negative, overflows or promises more than there is (the bytes of the field, and their number). */
static void
test_sizes (Fixture *f, gconstpointer data)
{
  static const char sizes[][13] = {
    "-0000000002",
    "-1",
    "\377\377\377\377\377\377\377\377\377\377\377\376",
    "\200\0\0\0\200\0\0\0\0\0\0\0",
    "\200\377\377\377\377\377\377\377\377\377\377\377",
    "77777777777",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      char block[1024] = "file";
      unsigned sum = 0;
      UnarchiveRules rules = { .max_bytes = 1 << 20 };
      autofd fd = memfd_create ("sizes", MFD_CLOEXEC);

      memcpy (block + 100, "0000644\0000000000\0000000000", 24);
      memcpy (block + 124, sizes[i], 12);
      memcpy (block + 136, "00000000000", 12);
      memset (block + 148, ' ', 8);
      block[156] = '0';
      memcpy (block + 257, "ustar\00000", 8);
      for (gsize at = 0; at < 512; at++)
        sum += (unsigned char) block[at];
      g_snprintf (block + 148, 8, "%06o", sum);
      g_assert_cmpint (write (fd, block, sizeof block), ==, sizeof block);
      g_assert_false (unarchive_fd (fd, "sizes.tar", f->tree_fd, &rules, NULL));
    }
}


/* CVE-2024-57970: cut anywhere inside an entry, also inside a long name. */
static void
test_truncated (Fixture *f, gconstpointer data)
{
  g_autofree char *long_name = g_strnfill (200, 'n');
  g_autofree char *text = g_strnfill (3000, 't');
  const Entry entries[] = { { long_name, 'f', text }, { "end", 'f', "x" }, { NULL } };
  autofd fd = make_archive (entries, FALSE);
  UnarchiveRules none = { 0 };

  g_assert_true (unarchive_fd (fd, "whole.tar", f->tree_fd, &none, NULL));
  for (int cut = 512 * 5; cut > 100; cut -= 512)
    {
      g_assert_cmpint (ftruncate (fd, cut - 100), ==, 0);
      g_assert_false (unarchive_fd (fd, "cut.tar", f->tree_fd, &none, NULL));
    }
}

static void
test_not_an_archive (Fixture *f, gconstpointer data)
{
  static const char rar[] = "Rar!\x1a\x07\x01\x00 and what follows";
  static const char mtree[] = "#mtree\n./x type=file mode=0644\n";
  const struct { const char *bytes; gsize length; } bad[] = {
    { "", 0 }, { "hello", 5 }, { rar, sizeof rar }, { mtree, sizeof mtree - 1 }
  };
  UnarchiveRules none = { 0 };

  for (gsize i = 1; i < G_N_ELEMENTS (bad); i++)
    {
      autofd fd = memfd_create ("bad", MFD_CLOEXEC);

      g_assert_cmpint (write (fd, bad[i].bytes, bad[i].length), ==, bad[i].length);
      g_assert_false (unarchive_fd (fd, "x.tar.gz", f->tree_fd, &none, NULL));
    }
}

static void
test_zip (Fixture *f, gconstpointer data)
{
  const Entry good[] = { { "p/a", 'f', "one" }, { "p/l", 'l', "a" }, { NULL } };
  const Entry slip[] = { { "p/../../out/new", 'f', "one" }, { NULL } };
  const Entry link[] = { { "k", 'l', "../out" }, { "k/new", 'f', "one" }, { NULL } };
  const Entry *bad[] = { slip, link };
  UnarchiveRules strip = { .strip = 1 };
  UnarchiveRules none = { 0 };
  autofd fd = make_archive (good, TRUE);
  char target[10];

  g_assert_true (unarchive_fd (fd, "good.zip", f->tree_fd, &strip, NULL));
  assert_text (f, "a", "one");
  g_assert_cmpint (readlinkat (f->tree_fd, "l", target, sizeof target), ==, 1);
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      autofd bad_fd = make_archive (bad[i], TRUE);

      g_assert_false (unarchive_fd (bad_fd, "bad.zip", f->tree_fd, &none, NULL));
    }
}

static void
test_nothing_left (Fixture *f, gconstpointer data)
{
  const Entry flat[] = { { "a", 'f', "x" }, { "b", 'f', "x" }, { NULL } };
  UnarchiveRules rules = { .strip = 1, .not_empty = TRUE };
  autofd fd = make_archive (flat, FALSE);
  g_autoptr (GError) error = NULL;

  g_assert_false (unarchive_fd (fd, "flat.tar", f->tree_fd, &rules, &error));
  g_assert_nonnull (strstr (error->message, "strip-components"));
  rules.strip = 0;
  g_assert_true (unarchive_fd (fd, "flat.tar", f->tree_fd, &rules, NULL));
}

/* CVE-2021-23177: attributes of a link must not reach its target; here no attribute is taken over at all. */
static void
test_attributes (Fixture *f, gconstpointer data)
{
  autofd fd = memfd_create ("attributes", MFD_CLOEXEC);
  struct archive *a = archive_write_new ();
  UnarchiveRules none = { 0 };
  autofd canary = openat (f->out_fd, "canary", O_RDONLY | O_CLOEXEC);
  autofd file = -1;

  archive_write_set_format_pax (a);
  archive_write_open_fd (a, fd);
  for (int i = 0; i < 2; i++)
    {
      struct archive_entry *entry = archive_entry_new ();

      archive_entry_set_pathname (entry, i == 0 ? "link" : "file");
      archive_entry_set_filetype (entry, i == 0 ? AE_IFLNK : AE_IFREG);
      if (i == 0)
        archive_entry_set_symlink (entry, "../out/canary");
      archive_entry_set_perm (entry, 0777);
      archive_entry_set_size (entry, 0);
      archive_entry_xattr_add_entry (entry, "user.evil", "x", 1);
      archive_entry_acl_add_entry (entry, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, ARCHIVE_ENTRY_ACL_READ, ARCHIVE_ENTRY_ACL_USER, 1, "x");
      archive_write_header (a, entry);
      archive_entry_free (entry);
    }
  archive_write_free (a);
  g_assert_true (unarchive_fd (fd, "attributes.tar", f->tree_fd, &none, NULL));
  file = openat (f->tree_fd, "file", O_RDONLY | O_CLOEXEC);
  g_assert_cmpint (flistxattr (canary, NULL, 0), <=, 0);
  g_assert_cmpint (flistxattr (file, NULL, 0), <=, 0);
}

/* The tree may hold links of an earlier source. */
static void
test_links_from_before (Fixture *f, gconstpointer data)
{
  g_assert_cmpint (symlinkat ("../out", f->tree_fd, "d"), ==, 0);
  g_assert_cmpint (symlinkat ("../out/canary", f->tree_fd, "f"), ==, 0);
  assert_refused (f, 0, { "d/new", 'f', "x" });
  assert_unpacks (f, 0, { "f", 'f', "x" }, { "d", 'f', "y" });
  assert_text (f, "d", "y");
}

#define ADD(name, function) g_test_add ("/sources/archive/" name, Fixture, NULL, fixture_open, function, fixture_close)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("plain", test_plain);
  ADD ("absolute-and-dot-dot", test_names);
  ADD ("GHSA-q4gj-vh8c-67p8-through-symlink", test_through_symlink);
  ADD ("CVE-2016-5418-hard-links", test_hard_links);
  ADD ("CVE-2021-31566-directory-becomes-symlink", test_directory_becomes_symlink);
  ADD ("types-and-bits", test_types_and_bits);
  ADD ("CVE-2025-25724-times", test_times);
  ADD ("limits", test_limits);
  ADD ("bomb", test_bomb);
  ADD ("sparse", test_sparse_size);
  ADD ("ca3358c9-sizes", test_sizes);
  ADD ("CVE-2024-57970-truncated", test_truncated);
  ADD ("CVE-2024-26256-not-an-archive", test_not_an_archive);
  ADD ("zip-slip", test_zip);
  ADD ("links-from-before", test_links_from_before);
  ADD ("nothing-left", test_nothing_left);
  ADD ("CVE-2021-23177-attributes", test_attributes);
  return g_test_run ();
}
