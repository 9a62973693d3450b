/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/sources/unarchive.h"

#include <errno.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/sources/zip-check.h"

#define UNARCHIVE_ENTRIES 1000000
#define UNARCHIVE_BYTES (G_GUINT64_CONSTANT (32) << 30)
#define UNARCHIVE_RATIO 1000
#define UNARCHIVE_RATIO_FLOOR (G_GUINT64_CONSTANT (256) << 20)

typedef struct
{
  struct archive *archive;
  const char *name;
  int fd;                /* of the whole file, or -1 */
  TreeWriter *writer;
  UnarchiveRules rules;
  guint64 entries, kept, bytes;
} Unarchive;

/* Some filters of libarchive run a program of the host when their library is missing (they answer ARCHIVE_WARN then):
 * such a filter is not offered. */
static void
reader_add_filter (struct archive *archive, int (*add) (struct archive *))
{
  struct archive *trial = archive_read_new ();

  if (add (trial) == ARCHIVE_OK)
    add (archive);
  archive_read_free (trial);
}

struct archive *
unarchive_reader_new (void)
{
  struct archive *archive = archive_read_new ();

  reader_add_filter (archive, archive_read_support_filter_gzip);
  reader_add_filter (archive, archive_read_support_filter_bzip2);
  reader_add_filter (archive, archive_read_support_filter_xz);
  reader_add_filter (archive, archive_read_support_filter_zstd);
  reader_add_filter (archive, archive_read_support_filter_lzma);
  reader_add_filter (archive, archive_read_support_filter_lzip);
  reader_add_filter (archive, archive_read_support_filter_lzop);
  reader_add_filter (archive, archive_read_support_filter_lz4);
  reader_add_filter (archive, archive_read_support_filter_compress);
  reader_add_filter (archive, archive_read_support_filter_rpm);
  archive_read_support_format_tar (archive);
  archive_read_support_format_cpio (archive);
  archive_read_support_format_zip_seekable (archive);
  archive_read_support_format_7zip (archive);
  return archive;
}

static gboolean
unarchive_broken (Unarchive *un, GError **error)
{
  const char *text = archive_error_string (un->archive);

  return error_throw_code (error, ERROR_REFUSED, "%s is damaged or not an archive of a known kind: %s", un->name,
                           text != NULL ? text : "unreadable");
}

static gboolean
unarchive_count (Unarchive *un, guint64 bytes, GError **error)
{
  gint64 packed = archive_filter_bytes (un->archive, -1);

  if (bytes > un->rules.max_bytes || un->bytes > un->rules.max_bytes - bytes)
    return error_throw_code (error, ERROR_REFUSED, "%s unpacks to more than %" G_GUINT64_FORMAT " bytes", un->name,
                             un->rules.max_bytes);
  un->bytes += bytes;
  if (un->bytes > UNARCHIVE_RATIO_FLOOR && packed > 0 && un->bytes / (guint64) packed > un->rules.max_ratio)
    return error_throw_code (error, ERROR_REFUSED, "%s unpacks to more than %u times its size, which no sensible "
                             "archive does", un->name, un->rules.max_ratio);
  return TRUE;
}

static gboolean
unarchive_write (int fd, const char *data, gsize length, gint64 offset, const char *path, GError **error)
{
  while (length > 0)
    {
      gssize n = pwrite (fd, data, length, offset);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return error_throw_errno (error, n < 0 ? errno : ENOSPC, "Cannot write %s", path);
      data += n;
      offset += n;
      length -= n;
    }
  return TRUE;
}

/* Blocks may leave holes; the sum counts what the file pretends to be, so that a file of holes meets the limit too. */
static gboolean
unarchive_data (Unarchive *un, struct archive_entry *entry, int fd, const char *path, GError **error)
{
  gint64 end = 0;

  for (;;)
    {
      const void *data = NULL;
      size_t length = 0;
      la_int64_t offset = 0;
      int status = archive_read_data_block (un->archive, &data, &length, &offset);

      if (status == ARCHIVE_EOF)
        break;
      if (status == ARCHIVE_RETRY)
        continue;
      /* A warning here is about the data: a wrong checksum or length. */
      if (status != ARCHIVE_OK)
        return unarchive_broken (un, error);
      if (offset < end || length > G_MAXINT64 - (guint64) offset)
        return error_throw_code (error, ERROR_REFUSED, "%s is damaged: the blocks of %s overlap", un->name, path);
      if (!unarchive_count (un, offset + length - end, error)
          || !unarchive_write (fd, data, length, offset, path, error))
        return FALSE;
      end = offset + length;
    }
  if (archive_entry_size_is_set (entry) && archive_entry_size (entry) > end)
    {
      if (!unarchive_count (un, archive_entry_size (entry) - end, error))
        return FALSE;
      end = archive_entry_size (entry);
    }
  if (ftruncate (fd, end) < 0)
    return error_throw_errno (error, errno, "Cannot set the size of %s", path);
  return TRUE;
}

static gboolean
unarchive_file (Unarchive *un, struct archive_entry *entry, const char *path, GError **error)
{
  autofd fd = tree_writer_file (un->writer, path, error);

  return fd >= 0
         && unarchive_data (un, entry, fd, path, error)
         && tree_writer_file_end (fd, path, archive_entry_perm (entry), archive_entry_mtime (entry), error);
}

static gboolean
unarchive_map (Unarchive *un, const char *name, char **ret_path, GError **error)
{
  if (un->rules.map != NULL)
    return un->rules.map (name, un->rules.user, ret_path, error);
  return tree_path_clean (name, un->rules.strip, ret_path, error);
}

/* The target is named as the archive names it and so moves along with the path.  An entry with content of its own
 * (cpio has them) is written as a file of its own: writing through the link is what CVE-2016-5418 was. */
static gboolean
unarchive_hard_link (Unarchive *un, struct archive_entry *entry, const char *path, GError **error)
{
  const char *name = archive_entry_hardlink (entry);
  g_autofree char *target = NULL;

  if (archive_entry_size_is_set (entry) && archive_entry_size (entry) > 0)
    return unarchive_file (un, entry, path, error);
  if (!unarchive_map (un, name, &target, error))
    return error_prefix (error, "The hard link %s", path);
  if (target == NULL)
    return error_throw_code (error, ERROR_REFUSED, "The hard link %s points to %s, which is not unpacked", path, name);
  return tree_writer_hard_link (un->writer, path, target, error);
}

static gboolean
unarchive_put (Unarchive *un, struct archive_entry *entry, const char *path, GError **error)
{
  gint64 mtime = archive_entry_mtime_is_set (entry) ? archive_entry_mtime (entry) : 0;

  if (archive_entry_hardlink (entry) != NULL)
    return unarchive_hard_link (un, entry, path, error);
  switch (archive_entry_filetype (entry))
    {
    case AE_IFREG:
      return unarchive_file (un, entry, path, error);
    case AE_IFDIR:
      return tree_writer_directory (un->writer, path, archive_entry_perm (entry), mtime, error);
    case AE_IFLNK:
      if (archive_entry_symlink (entry) == NULL || archive_entry_symlink (entry)[0] == '\0')
        return error_throw_code (error, ERROR_REFUSED, "The symbolic link %s points nowhere", path);
      return tree_writer_symlink (un->writer, path, archive_entry_symlink (entry), mtime, error);
    default:
      return error_throw_code (error, ERROR_REFUSED, "%s is a device, fifo or socket; sources have only files, "
                               "directories and links", path);
    }
}

static gboolean
unarchive_entry (Unarchive *un, struct archive_entry *entry, GError **error)
{
  const char *name = archive_entry_pathname (entry);
  g_autofree char *path = NULL;
  gboolean skip = FALSE;

  if (++un->entries > un->rules.max_entries)
    return error_throw_code (error, ERROR_REFUSED, "it has more than %" G_GUINT64_FORMAT " entries",
                             un->rules.max_entries);
  if (name == NULL)
    name = archive_entry_pathname_utf8 (entry);
  if (name == NULL)
    return error_throw_code (error, ERROR_REFUSED, "the name of entry %" G_GUINT64_FORMAT " is not valid text",
                             un->entries);
  if (!unarchive_map (un, name, &path, error))
    return FALSE;
  if (path == NULL)
    return TRUE;
  if (archive_entry_is_encrypted (entry))
    return error_throw_code (error, ERROR_REFUSED, "%s is encrypted, and a source has to be readable without a password", path);
  un->kept++;
  if (un->rules.claim != NULL && archive_entry_filetype (entry) != AE_IFDIR
      && !un->rules.claim (un->archive, entry, path, un->rules.user, &skip, error))
    return FALSE;
  return skip || unarchive_put (un, entry, path, error);
}

static gboolean
unarchive_ended (Unarchive *un, GError **error)
{
  if (un->rules.not_empty && un->kept == 0)
    return error_throw (error, "Nothing is left of %s (%" G_GUINT64_FORMAT " entries) without the first %u parts of each "
                        "path; is strip-components right?", un->name, un->entries, un->rules.strip);
  return TRUE;
}

static gboolean
unarchive_loop (Unarchive *un, GError **error)
{
  for (;;)
    {
      struct archive_entry *entry = NULL;
      int status = archive_read_next_header (un->archive, &entry);

      if (status == ARCHIVE_EOF)
        return unarchive_ended (un, error);
      if (status == ARCHIVE_RETRY)
        continue;
      if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
        return unarchive_broken (un, error);
      if (un->entries == 0 && un->fd >= 0
          && (archive_format (un->archive) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_ZIP && !zip_check (un->fd, un->name, error))
        return FALSE;
      if (!unarchive_entry (un, entry, error))
        return error_prefix (error, "Cannot unpack %s", un->name);
    }
}

static gboolean
unarchive_all (struct archive *archive, const char *name, int fd, TreeWriter *writer, const UnarchiveRules *rules, GError **error)
{
  Unarchive un = { .archive = archive, .name = name, .fd = fd, .writer = writer, .rules = *rules };
  /* Names come out in the charset of the locale; with UTF-8 every archive gives the same names to every user. */
  locale_t utf8 = newlocale (LC_CTYPE_MASK, "C.UTF-8", (locale_t) 0);
  locale_t before = (locale_t) 0;
  gboolean ok;

  if (un.rules.max_entries == 0)
    un.rules.max_entries = UNARCHIVE_ENTRIES;
  if (un.rules.max_bytes == 0)
    un.rules.max_bytes = UNARCHIVE_BYTES;
  if (un.rules.max_ratio == 0)
    un.rules.max_ratio = UNARCHIVE_RATIO;
  if (utf8 != (locale_t) 0)
    before = uselocale (utf8);
  ok = unarchive_loop (&un, error);
  if (utf8 != (locale_t) 0)
    {
      uselocale (before);
      freelocale (utf8);
    }
  return ok;
}

gboolean
unarchive_entries (struct archive *archive, const char *name, TreeWriter *writer, const UnarchiveRules *rules,
                   GError **error)
{
  return unarchive_all (archive, name, -1, writer, rules, error);
}

gboolean
unarchive_fd (int fd, const char *name, int tree_fd, const UnarchiveRules *rules, GError **error)
{
  struct archive *archive = unarchive_reader_new ();
  g_autoptr (TreeWriter) writer = tree_writer_new (tree_fd);
  gboolean ok;

  if (lseek (fd, 0, SEEK_SET) < 0)
    {
      archive_read_free (archive);
      return error_throw_errno (error, errno, "Cannot read %s", name);
    }
  if (archive_read_open_fd (archive, fd, 128 * 1024) != ARCHIVE_OK)
    ok = error_throw_code (error, ERROR_REFUSED, "%s is not an archive of a known kind: %s", name,
                           archive_error_string (archive) != NULL ? archive_error_string (archive) : "unreadable");
  else
    ok = unarchive_all (archive, name, fd, writer, rules, error) && tree_writer_finish (writer, error);
  archive_read_free (archive);
  return ok;
}
