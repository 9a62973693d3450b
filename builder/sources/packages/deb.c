/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Debian's family: dists/SUITE/InRelease is the signed root, it has the hashes of the Packages files, they have the
 * hashes of the packages.
 */
#include "builder/sources/packages/format.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <solv/knownid.h>
#include <solv/repo.h>
#include <solv/repo_deb.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/sources/cache.h"
#include "builder/sources/content.h"
#include "builder/sources/fetch.h"
#include "builder/sources/packages/mirror.h"
#include "builder/sources/packages/release.h"
#include "builder/sources/packages/unpack.h"

#define DEB_MAX_RELEASE (32 * 1024 * 1024)
#define DEB_MAX_INDEX (G_GUINT64_CONSTANT (2) << 30)

/* One suite being loaded. */
typedef struct
{
  const ManifestSource *source;
  const SourceContext *context;
  const char *suite, *mirror, *arch;
  Release *release;
} DebSuite;

static const char *
deb_arch (const char *arch)
{
  static const struct { const char *kernel, *debian; } names[] = {
    { "x86_64", "amd64" }, { "aarch64", "arm64" }, { "i386", "i386" }, { "i686", "i386" }, { "arm", "armhf" },
    { "armv7l", "armhf" }, { "riscv64", "riscv64" }, { "ppc64le", "ppc64el" }, { "s390x", "s390x" },
    { "mips64el", "mips64el" }, { "loongarch64", "loong64" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (strcmp (names[i].kernel, arch) == 0)
      return names[i].debian;
  return NULL;
}

static FetchOptions
deb_fetch_options (const SourceContext *context)
{
  return (FetchOptions) { .cache_fd = context->cache_fd, .offline = context->offline, .report = context->report };
}

static Release *
deb_release (const ManifestSource *source, const SourceContext *context, const char *suite, const char *mirror,
             GError **error)
{
  FetchOptions options = deb_fetch_options (context);
  g_autofree char *url = g_strdup_printf ("%s/dists/%s/InRelease", mirror, suite);
  g_autofree char *name = g_strdup_printf ("the InRelease file of %s", suite);
  g_autofree char *keyring = NULL;
  g_autofree char *text = NULL;
  g_autofree char *signed_text = NULL;
  gsize length = 0;

  if (source->keyring == NULL)
    {
      error_throw_code (error, ERROR_REFUSED, "A source of type packages needs a keyring: the file with the public keys "
                        "that sign %s", suite);
      return NULL;
    }
  keyring = content_local_path (source, source->keyring);
  text = fetch_document (url, name, DEB_MAX_RELEASE, &options, &length, error);
  if (text == NULL)
    return NULL;
  signed_text = release_verify (text, length, keyring, name, error);
  if (signed_text == NULL)
    return NULL;
  return release_new (signed_text, suite, g_get_real_time () / G_USEC_PER_SEC, name, error);
}

/* Unpack a verified index into memory: libsolv reads a stdio stream and need not have been built with xz. */
static FILE *
deb_index_stream (int fd, const char *name, GError **error)
{
  autofd out = memfd_create ("packages", MFD_CLOEXEC);
  struct archive *archive = archive_read_new ();
  struct archive_entry *entry = NULL;
  g_autofree char *buffer = g_malloc (1 << 17);
  guint64 total = 0;
  la_ssize_t n = -1;
  FILE *stream = NULL;

  archive_read_support_format_raw (archive);
  archive_read_support_filter_xz (archive);
  archive_read_support_filter_gzip (archive);
  archive_read_support_filter_bzip2 (archive);
  archive_read_support_filter_zstd (archive);
  if (lseek (fd, 0, SEEK_SET) == 0 && archive_read_open_fd (archive, fd, 1 << 17) == ARCHIVE_OK
      && archive_read_next_header (archive, &entry) == ARCHIVE_OK)
    while ((n = archive_read_data (archive, buffer, 1 << 17)) > 0)
      {
        total += n;
        if (total > DEB_MAX_INDEX || !file_write_all (out, name, buffer, n, NULL))
          {
            n = -1;
            break;
          }
      }
  archive_read_free (archive);
  if (out < 0 || n != 0 || lseek (out, 0, SEEK_SET) != 0 || (stream = fdopen (out, "r")) == NULL)
    {
      error_throw_code (error, ERROR_REFUSED, "%s cannot be unpacked", name);
      return NULL;
    }
  file_steal_fd (&out);
  return stream;
}

/* The best compressed form of the component's index that the release lists. */
static ReleaseFile *
deb_find_index (DebSuite *suite, const char *component, char **ret_path, GError **error)
{
  static const char *const suffixes[] = { ".xz", ".zst", ".gz", ".bz2", NULL };

  for (gsize i = 0; suffixes[i] != NULL; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/binary-%s/Packages%s", component, suite->arch, suffixes[i]);
      ReleaseFile *file = g_hash_table_lookup (suite->release->files, path);

      if (file != NULL && file->size > 0)
        {
          *ret_path = g_steal_pointer (&path);
          return file;
        }
    }
  error_throw (error, "The suite %s has no component %s for %s", suite->suite, component, suite->arch);
  return NULL;
}

static FetchItem *
deb_index_item (DebSuite *suite, const char *component, GError **error)
{
  g_autofree char *path = NULL;
  g_autofree char *dir = NULL;
  g_autofree char *name = NULL;
  g_autofree char *base = NULL;
  g_autoptr (GPtrArray) urls = g_ptr_array_new ();
  ReleaseFile *file = deb_find_index (suite, component, &path, error);
  FetchItem *item = NULL;

  if (file == NULL)
    return NULL;
  dir = g_path_get_dirname (path);
  base = g_strdup_printf ("%s/dists/%s", suite->mirror, suite->suite);
  name = g_strdup_printf ("the package list of %s %s", suite->suite, component);
  item = fetch_item_new (name, &(FileHashes) { { [HASH_SHA256] = file->sha256 } });
  item->size = file->size;
  if (suite->release->by_hash)
    g_ptr_array_add (urls, g_strdup_printf ("%s/%s/by-hash/SHA256/%s", base, dir, file->sha256));
  g_ptr_array_add (urls, g_strdup_printf ("%s/%s", base, path));
  g_ptr_array_add (urls, NULL);
  item->urls = (char **) g_ptr_array_free (g_steal_pointer (&urls), FALSE);
  return item;
}

/* "Size: 123" of a stanza, keyed by its SHA-256. */
static void
deb_read_sizes (const char *text, gsize length, GHashTable *sizes)
{
  const char *end = text + length;
  guint64 size = 0;
  g_autofree char *sha256 = NULL;

  for (const char *line = text; line < end;)
    {
      const char *stop = memchr (line, '\n', end - line);
      gsize n = (stop != NULL ? stop : end) - line;

      if (n > 6 && strncmp (line, "Size: ", 6) == 0)
        size = g_ascii_strtoull (line + 6, NULL, 10);
      else if (n == 8 + 64 && strncmp (line, "SHA256: ", 8) == 0)
        {
          g_free (sha256);
          sha256 = g_strndup (line + 8, 64);
        }
      if ((n == 0 || stop == NULL || stop + 1 == end) && sha256 != NULL)
        {
          g_hash_table_insert (sizes, g_steal_pointer (&sha256), g_memdup2 (&size, sizeof size));
          size = 0;
        }
      line += n + 1;
    }
}

/* libsolv does not keep the size of a Debian package; it is needed to bound the download. */
static gboolean
deb_add_sizes (Repo *repo, int fd, const char *name, GError **error)
{
  g_autoptr (GHashTable) sizes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  Repodata *data = NULL;
  struct stat st;
  void *text = NULL;
  Solvable *solvable = NULL;
  Id id;

  if (fstat (fd, &st) < 0)
    return error_throw_errno (error, errno, "Cannot read %s", name);
  if (st.st_size == 0)
    return TRUE;
  text = mmap (NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (text == MAP_FAILED)
    return error_throw_errno (error, errno, "Cannot read %s", name);
  deb_read_sizes (text, st.st_size, sizes);
  munmap (text, st.st_size);
  data = repo_add_repodata (repo, 0);
  FOR_REPO_SOLVABLES (repo, id, solvable)
    {
      Id type = 0;
      const char *sum = solvable_lookup_checksum (solvable, SOLVABLE_CHECKSUM, &type);
      const guint64 *size = sum != NULL ? g_hash_table_lookup (sizes, sum) : NULL;

      if (size != NULL && *size > 0)
        repodata_set_num (data, id, SOLVABLE_DOWNLOADSIZE, *size);
    }
  repodata_internalize (data);
  return TRUE;
}

static gboolean
deb_add_index (Pool *pool, Repo *repo, const SourceContext *context, FetchItem *item, GError **error)
{
  autofd fd = cache_open (context->cache_fd, &item->hashes, item->name, error);
  FILE *stream = fd >= 0 ? deb_index_stream (fd, item->name, error) : NULL;
  gboolean ok;
  int status;

  if (stream == NULL)
    return FALSE;
  status = repo_add_debpackages (repo, stream, 0);
  if (status != 0)
    ok = error_throw_code (error, ERROR_REFUSED, "%s cannot be read: %s", item->name, pool_errstr (pool));
  else
    ok = deb_add_sizes (repo, fileno (stream), item->name, error);
  fclose (stream);
  return ok;
}

static gboolean
deb_load (Pool *pool, const ManifestSource *source, const char *suite_name, const char *mirror,
          const SourceContext *context, GError **error)
{
  static const char *const main_only[] = { "main", NULL };
  const char *const *components = source->components != NULL && source->components[0] != NULL
                                  ? (const char *const *) source->components : main_only;
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func ((GDestroyNotify) fetch_item_free);
  g_autoptr (Release) release = deb_release (source, context, suite_name, mirror, error);
  DebSuite suite = { source, context, suite_name, mirror, deb_arch (context->arch), release };
  FetchOptions options = deb_fetch_options (context);
  Repo *repo = NULL;

  if (release == NULL)
    return FALSE;
  for (gsize i = 0; components[i] != NULL; i++)
    {
      FetchItem *item = deb_index_item (&suite, components[i], error);

      if (item == NULL)
        return FALSE;
      g_ptr_array_add (items, item);
    }
  if (!fetch_files (items, &options, error))
    return FALSE;
  repo = repo_create (pool, suite_name);
  for (guint i = 0; i < items->len; i++)
    if (!deb_add_index (pool, repo, context, g_ptr_array_index (items, i), error))
      return FALSE;
  return TRUE;
}

const PackageFormat package_format_deb = {
  .name = "deb",
  .solv_type = DISTTYPE_DEB,
  .arch = deb_arch,
  .load = deb_load,
  .unpack = unpack_deb,
};
