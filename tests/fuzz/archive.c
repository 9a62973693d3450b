/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Archives of sources and Debian's packages, unpacked beside a folder in which nothing may ever appear.  The first byte says which of both.
 */
#include "base/file.h"
#include "builder/sources/packages/unpack.h"
#include "builder/sources/unarchive.h"
#include "tests/fuzz/entry.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct
{
  char *path;
  int fd, out_fd;
} top = { NULL, -1, -1 };

static void
remove_top (void)
{
  (void) file_remove_tree (AT_FDCWD, top.path, NULL);
  g_free (top.path);
}

static void
make_top (void)
{
  top.path = g_dir_make_tmp ("fuzz-archive-XXXXXX", NULL);
  if (top.path == NULL)
    abort ();
  top.fd = file_open (AT_FDCWD, top.path, O_RDONLY | O_DIRECTORY, 0, NULL);
  top.out_fd = file_mkdir_p (top.fd, "out", 0700, NULL);
  if (top.out_fd < 0 || !file_write_unsynced (top.out_fd, "canary", "alive", 5, 0600, NULL) || atexit (remove_top) != 0)
    abort ();
}

/* Only what was there before, and as it was. */
static void
check_outside (void)
{
  g_autoptr (GPtrArray) names = file_list (top.fd, "top", NULL);
  g_autoptr (GPtrArray) out = file_list (top.out_fd, "out", NULL);
  g_autofree char *text = file_read_beneath (top.out_fd, "canary", 5, NULL, NULL);
  struct stat st;

  if (names == NULL || out == NULL || names->len != 2 || out->len != 1 || g_strcmp0 (text, "alive") != 0
      || fstatat (top.out_fd, "canary", &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_nlink != 1 || (st.st_mode & 07777) != 0600)
    abort ();
}

static void
unpack_package (int fd, int tree_fd)
{
  Package package = { .name = (char *) "package", .version = (char *) "1" };
  g_autoptr (GHashTable) owners = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr (TreeWriter) writer = tree_writer_new (tree_fd);
  PackageTree tree = { .tree_fd = tree_fd, .writer = writer, .owners = owners, .package = &package };

  if (unpack_deb (fd, &tree, NULL))
    (void) tree_writer_finish (writer, NULL);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const UnarchiveRules rules = { .strip = size > 1 ? data[1] % 3 : 0, .max_entries = 200, .max_bytes = 1 << 20 };
  autofd fd = -1, tree_fd = -1;

  if (top.path == NULL)
    make_top ();
  if (size < 2 || size > 65536)
    return 0;
  fd = memfd_create ("input", MFD_CLOEXEC);
  tree_fd = file_mkdir_p (top.fd, "tree", 0700, NULL);
  if (fd < 0 || tree_fd < 0 || !file_write_all (fd, "input", data + 2, size - 2, NULL))
    abort ();
  if (data[0] % 2 == 0)
    (void) unarchive_fd (fd, "input", tree_fd, &rules, NULL);
  else
    unpack_package (fd, tree_fd);
  check_outside ();
  if (!file_remove_tree (top.fd, "tree", NULL))
    abort ();
  return 0;
}

/* --- seeds: one of each kind that is usual ------------------------------------------------------------------------------ */

static void
add_entry (struct archive *archive, const char *path, unsigned type, const char *text)
{
  struct archive_entry *entry = archive_entry_new ();
  gsize length = type == AE_IFREG && text != NULL ? strlen (text) : 0;

  archive_entry_set_pathname (entry, path);
  archive_entry_set_perm (entry, 0755);
  if (type == 0)
    archive_entry_set_hardlink (entry, text);
  else
    archive_entry_set_filetype (entry, type);
  if (type == AE_IFLNK)
    archive_entry_set_symlink (entry, text);
  archive_entry_set_size (entry, (la_int64_t) length);
  if (archive_write_header (archive, entry) == ARCHIVE_OK && length > 0)
    (void) archive_write_data (archive, text, length);
  archive_entry_free (entry);
}

static GByteArray *
written (int format, int filter, const char *member, const void *content, gsize length)
{
  struct archive *archive = archive_write_new ();
  g_autofree char *buffer = g_malloc (65536);
  size_t used = 0;

  archive_write_set_format (archive, format);
  archive_write_add_filter (archive, filter);
  archive_write_set_bytes_in_last_block (archive, 1);
  if (archive_write_open_memory (archive, buffer, 65536, &used) != ARCHIVE_OK)
    abort ();
  if (member == NULL)
    {
      add_entry (archive, "p/dir", AE_IFDIR, NULL);
      add_entry (archive, "p/usr/file", AE_IFREG, "content of the file");
      add_entry (archive, "p/link", AE_IFLNK, "../out");
      add_entry (archive, "usr/bin/hard", 0, "p/usr/file");
    }
  else
    {
      add_entry (archive, "debian-binary", AE_IFREG, "2.0\n");
      struct archive_entry *entry = archive_entry_new ();
      archive_entry_set_pathname (entry, member);
      archive_entry_set_filetype (entry, AE_IFREG);
      archive_entry_set_perm (entry, 0644);
      archive_entry_set_size (entry, (la_int64_t) length);
      (void) archive_write_header (archive, entry);
      (void) archive_write_data (archive, content, length);
      archive_entry_free (entry);
    }
  (void) archive_write_free (archive);
  return g_byte_array_append (g_byte_array_append (g_byte_array_new (), (const guint8 *) (member != NULL ? "\1" : "\0"), 2), (const guint8 *) buffer,
                              (guint) used);
}

uint8_t *
fuzz_seed (size_t number, size_t *ret_size)
{
  static const struct { int format, filter; } kinds[] = {
    { ARCHIVE_FORMAT_TAR_GNUTAR, ARCHIVE_FILTER_NONE }, { ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE, ARCHIVE_FILTER_GZIP },
    { ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE }, { ARCHIVE_FORMAT_CPIO_SVR4_NOCRC, ARCHIVE_FILTER_NONE },
    { ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_ZSTD }, { ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_XZ }, { ARCHIVE_FORMAT_7ZIP, ARCHIVE_FILTER_NONE },
  };

  if (number > G_N_ELEMENTS (kinds))
    return NULL;
  g_autoptr (GByteArray) bytes = number < G_N_ELEMENTS (kinds) ? written (kinds[number].format, kinds[number].filter, NULL, NULL, 0)
                                                               : written (ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE, NULL, NULL, 0);
  if (number == G_N_ELEMENTS (kinds))
    {
      GByteArray *package = written (ARCHIVE_FORMAT_AR_GNU, ARCHIVE_FILTER_NONE, "data.tar", bytes->data + 2, bytes->len - 2);

      g_byte_array_unref (bytes);
      bytes = package;
    }
  *ret_size = bytes->len;
  return g_memdup2 (bytes->data, bytes->len);
}

const char *const fuzz_words[] = { "../", "/", "..", "./", "p/link/", "../out/canary", "p/link", "000", "777", "ustar", "PK\1\2", "PK\3\4",
                                   "PK\5\6", "!<arch>\n",
                                   "`\n", "GNU.sparse", "path=", "linkpath=", "070701", NULL };
