/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A .deb is an ar archive: debian-binary (the version of the format), control.tar.* and data.tar.*.  The last is read
 * through a second libarchive reader whose bytes come from the first, so nothing is written in between.
 */
#include "builder/sources/packages/unpack.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/sources/unarchive.h"

static const char *const merged_directories[] = { "bin", "sbin", "lib", "lib32", "lib64", "libo32", "libx32", NULL };

/* The member of the ar archive as a stream. */
typedef struct
{
  struct archive *outer;
  char buffer[64 * 1024];
} DebMember;

static la_ssize_t
member_read (struct archive *inner, void *user, const void **ret_data)
{
  DebMember *member = user;
  la_ssize_t n = archive_read_data (member->outer, member->buffer, sizeof member->buffer);

  if (n < 0)
    archive_set_error (inner, EIO, "%s", archive_error_string (member->outer));
  *ret_data = member->buffer;
  return n;
}

gboolean
unpack_map_path (const char *name, gpointer unused, char **ret_path, GError **error)
{
  g_autofree char *clean = NULL;
  g_autofree char *top = NULL;
  const char *slash = NULL;

  if (!tree_path_clean (name, 0, &clean, error))
    return FALSE;
  *ret_path = NULL;
  if (clean == NULL)
    return TRUE;
  slash = strchr (clean, '/');
  top = slash != NULL ? g_strndup (clean, slash - clean) : g_strdup (clean);
  if (strcmp (top, "usr") == 0)
    *ret_path = slash != NULL ? g_strdup (slash + 1) : NULL;
  else if (strcmp (top, "etc") == 0 || g_strv_contains (merged_directories, top))
    *ret_path = g_steal_pointer (&clean);
  return TRUE;
}

/* Is the entry's data what the file has? */
static gboolean
unpack_same_content (struct archive *archive, struct archive_entry *entry, int fd)
{
  g_autofree char *there = g_malloc (64 * 1024);
  g_autofree char *here = g_malloc (64 * 1024);
  goffset offset = 0;
  struct stat st;

  if (fstat (fd, &st) < 0 || !S_ISREG (st.st_mode) || st.st_size != archive_entry_size (entry))
    return FALSE;
  for (;;)
    {
      la_ssize_t n = archive_read_data (archive, here, 64 * 1024);

      if (n <= 0)
        return n == 0 && offset == st.st_size;
      for (la_ssize_t done = 0; done < n;)
        {
          ssize_t m = pread (fd, there, n - done, offset);

          if (m <= 0 || memcmp (here + done, there, m) != 0)
            return FALSE;
          done += m;
          offset += m;
        }
    }
}

static gboolean
unpack_same (struct archive *archive, struct archive_entry *entry, int parent_fd, const char *base)
{
  if (archive_entry_hardlink (entry) != NULL)
    return FALSE;
  if (archive_entry_filetype (entry) == AE_IFLNK)
    {
      char target[4096];
      ssize_t n = readlinkat (parent_fd, base, target, sizeof target - 1);

      target[MAX (n, 0)] = '\0';
      return n >= 0 && g_strcmp0 (target, archive_entry_symlink (entry)) == 0;
    }
  if (archive_entry_filetype (entry) == AE_IFREG)
    {
      autofd fd = openat (parent_fd, base, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

      return fd >= 0 && unpack_same_content (archive, entry, fd);
    }
  return FALSE;
}

static gboolean
unpack_claim (struct archive *archive, struct archive_entry *entry, const char *path, gpointer user,
              gboolean *ret_skip, GError **error)
{
  PackageTree *tree = user;
  const char *owner = g_hash_table_lookup (tree->owners, path);
  g_autofree char *parent = NULL;
  const char *slash = strrchr (path, '/');
  autofd parent_fd = -1;

  /* A package may ship the links of the merged /usr themselves. */
  if (archive_entry_filetype (entry) == AE_IFLNK && g_strv_contains (merged_directories, path))
    {
      *ret_skip = TRUE;
      return TRUE;
    }
  if (owner == NULL)
    {
      g_hash_table_insert (tree->owners, g_strdup (path), g_strdup (tree->package->name));
      return TRUE;
    }
  parent = slash != NULL ? g_strndup (path, slash - path) : g_strdup (".");
  parent_fd = file_open_beneath (tree->tree_fd, parent, O_RDONLY | O_DIRECTORY, 0, NULL);
  if (parent_fd < 0 || !unpack_same (archive, entry, parent_fd, slash != NULL ? slash + 1 : path))
    return error_throw (error, "%s is in the package %s and, with other content, in %s; put one of them into the "
                        "source's exclude list", path, owner, tree->package->name);
  *ret_skip = TRUE;
  return TRUE;
}

static gboolean
unpack_data (struct archive *outer, PackageTree *tree, const char *name, GError **error)
{
  struct archive *inner = unarchive_reader_new ();
  g_autofree DebMember *member = g_new0 (DebMember, 1);
  UnarchiveRules rules = { .map = unpack_map_path, .claim = unpack_claim, .user = tree };
  gboolean ok;

  member->outer = outer;
  if (archive_read_open (inner, member, NULL, member_read, NULL) != ARCHIVE_OK)
    ok = error_throw_code (error, ERROR_REFUSED, "The package %s is damaged: %s", name, archive_error_string (inner));
  else
    ok = unarchive_entries (inner, name, tree->writer, &rules, error);
  archive_read_free (inner);
  return ok;
}

static gboolean
unpack_members (struct archive *outer, PackageTree *tree, const char *name, GError **error)
{
  struct archive_entry *entry = NULL;
  guint index = 0;

  while (archive_read_next_header (outer, &entry) == ARCHIVE_OK)
    {
      const char *member = archive_entry_pathname (entry);
      char version[2] = "";

      if (member == NULL)
        break;
      if (index++ == 0 && (strcmp (member, "debian-binary") != 0 || archive_read_data (outer, version, 2) != 2
                           || memcmp (version, "2.", 2) != 0))
        return error_throw_code (error, ERROR_REFUSED, "%s is not a Debian package of format 2", name);
      if (g_str_has_prefix (member, "data.tar"))
        return unpack_data (outer, tree, name, error);
    }
  return error_throw_code (error, ERROR_REFUSED, "The package %s is damaged: it has no data.tar", name);
}

gboolean
unpack_deb (int fd, PackageTree *tree, GError **error)
{
  g_autofree char *name = g_strdup_printf ("%s %s", tree->package->name, tree->package->version);
  struct archive *outer = archive_read_new ();
  gboolean ok;

  archive_read_support_format_ar (outer);
  if (lseek (fd, 0, SEEK_SET) < 0 || archive_read_open_fd (outer, fd, 128 * 1024) != ARCHIVE_OK)
    ok = error_throw_code (error, ERROR_REFUSED, "%s is not a Debian package", name);
  else
    ok = unpack_members (outer, tree, name, error);
  archive_read_free (outer);
  return ok;
}
