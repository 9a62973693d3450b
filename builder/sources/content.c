/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/sources/content.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/sources/cache.h"
#include "builder/sources/data.h"
#include "builder/sources/fetch.h"
#include "builder/sources/treewriter.h"

#define DEBIAN_SCHEME "debian:"

static gboolean
content_check (const ManifestSource *source, FileHashes *ret_hashes, GError **error)
{
  FileHashes hashes;

  if ((source->path != NULL) == (source->url != NULL))
    return error_throw (error, "A source of type %s needs either a path or a url", source->type);
  if (!hashes_from_source (source, &hashes, error))
    return FALSE;
  if (source->url != NULL && !data_url_is (source->url) && !hashes_any (&hashes))
    return error_throw_code (error, ERROR_REFUSED, "The source %s needs a sha256: what comes from the network is only "
                             "used when it is known beforehand", source->url);
  *ret_hashes = hashes;
  return TRUE;
}

/* The part of an address that a file is called by. */
static char *
content_base_name (const ManifestSource *source)
{
  const char *from = source->path != NULL ? source->path : source->url;
  g_autofree char *whole = NULL;

  /* A data: URL has no name; only dest-filename gives one. */
  if (source->path == NULL && data_url_is (from))
    return g_strdup ("");
  if (source->path == NULL)
    {
      const char *slash = NULL;

      whole = g_strndup (from, strcspn (from, "?#"));
      slash = strrchr (whole, '/');
      return g_strdup (slash != NULL ? slash + 1 : whole);
    }
  return g_path_get_basename (from);
}

char **
content_urls (const ManifestSource *source, const SourceContext *context, GError **error)
{
  g_autoptr (GPtrArray) urls = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *mirror = NULL;

  for (gsize i = 0; i == 0 || (source->mirror_urls != NULL && source->mirror_urls[i - 1] != NULL); i++)
    {
      const char *url = i == 0 ? source->url : source->mirror_urls[i - 1];

      if (!g_str_has_prefix (url, DEBIAN_SCHEME))
        {
          g_ptr_array_add (urls, g_strdup (url));
          continue;
        }
      if (mirror == NULL)
        mirror = source_mirror (source, context, error);
      if (mirror == NULL)
        {
          error_prefix (error, "Cannot fetch %s", url);
          return NULL;
        }
      url += strlen (DEBIAN_SCHEME);
      url += strspn (url, "/");
      g_ptr_array_add (urls, g_strconcat (mirror, "/", url, NULL));
    }
  g_ptr_array_add (urls, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&urls), FALSE);
}

gboolean
content_queue (const ManifestSource *source, const SourceContext *context, GPtrArray *items, GError **error)
{
  g_autofree char *name = NULL;
  FileHashes hashes;
  g_autoptr (FetchItem) item = NULL;

  if (!content_check (source, &hashes, error))
    return FALSE;
  /* A mirror need not be known when there is nothing to fetch. */
  if (source->path != NULL || data_url_is (source->url) || cache_has (context->cache_fd, &hashes))
    return TRUE;
  name = content_base_name (source);
  item = fetch_item_new (name, &hashes);
  if (source->place.file != NULL)
    item->place = g_strdup_printf ("%s:%u", source->place.file, source->place.line);
  item->referer = source->referer;
  item->urls = content_urls (source, context, error);
  if (item->urls == NULL)
    return FALSE;
  g_ptr_array_add (items, g_steal_pointer (&item));
  return TRUE;
}

gboolean
content_fetch (const ManifestSource *source, const SourceContext *context, GError **error)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func ((GDestroyNotify) fetch_item_free);
  FetchOptions options = { .cache_fd = context->cache_fd, .offline = context->offline, .report = context->report };

  return content_queue (source, context, items, error) && fetch_files (items, &options, error);
}

gboolean
content_keep (const ManifestSource *source, const SourceContext *context, GPtrArray *paths, GError **error)
{
  FileHashes hashes;
  g_autofree char *name = NULL;

  if (!content_check (source, &hashes, error))
    return FALSE;
  name = hashes_cache_name (&hashes);
  if (source->url != NULL && !data_url_is (source->url))
    g_ptr_array_add (paths, g_build_filename ("downloads", name, NULL));
  return TRUE;
}

char *
content_local_path (const ManifestSource *source, const char *path)
{
  if (g_path_is_absolute (path) || source->base_dir == NULL)
    return g_strdup (path);
  return g_build_filename (source->base_dir, path, NULL);
}

int
content_open_local (const ManifestSource *source, const SourceContext *context, const char *path, int flags, GError **error)
{
  g_autofree char *full = content_local_path (source, path);
  g_autofree char *clean = NULL;
  autofd top_fd = -1;
  gsize length;
  int fd;

  if (context->confine_dir == NULL)
    return file_open (AT_FDCWD, full, flags, 0, error);
  clean = g_canonicalize_filename (full, context->confine_dir);
  length = strlen (context->confine_dir);
  if (strncmp (clean, context->confine_dir, length) != 0 || (clean[length] != '/' && clean[length] != '\0'))
    {
      error_throw_code (error, ERROR_REFUSED, "\"%s\" lies outside of the manifest's folder, and with --sandbox nothing there is "
                        "used", path);
      return -1;
    }
  top_fd = file_open (AT_FDCWD, context->confine_dir, O_RDONLY | O_DIRECTORY, 0, error);
  if (top_fd < 0)
    return -1;
  fd = file_open_beneath (top_fd, clean[length] == '\0' ? "." : clean + length + 1, flags, 0, error);
  if (fd < 0)
    error_prefix (error, "With --sandbox no link is followed on the way to \"%s\"", path);
  return fd;
}

int
content_open_path (const ManifestSource *source, const SourceContext *context, const char *path, GError **error)
{
  autofd fd = content_open_local (source, context, path, O_RDONLY | O_NONBLOCK, error);
  struct stat st;

  if (fd < 0)
    return -1;
  if (fstat (fd, &st) < 0 || !S_ISREG (st.st_mode))
    {
      error_throw (error, "The source %s is not a regular file", path);
      return -1;
    }
  return file_steal_fd (&fd);
}

/* As if the data had been fetched. */
static int
content_open_data (const char *url, GError **error)
{
  g_autoptr (GBytes) bytes = data_url_decode (url, error);
  autofd fd = -1;

  if (bytes == NULL)
    return -1;
  fd = memfd_create ("nacelle-source", MFD_CLOEXEC);
  if (fd < 0)
    {
      error_throw_errno (error, errno, "Cannot get memory for a data: URL");
      return -1;
    }
  if (!file_write_all (fd, "a data: URL", g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), error)
      || lseek (fd, 0, SEEK_SET) < 0)
    return -1;
  return file_steal_fd (&fd);
}

int
content_open (const ManifestSource *source, const SourceContext *context, char **ret_name, GError **error)
{
  g_autofree char *name = NULL;
  FileHashes hashes;
  autofd fd = -1;

  if (!content_check (source, &hashes, error))
    return -1;
  name = content_base_name (source);
  if (source->path == NULL && data_url_is (source->url))
    fd = content_open_data (source->url, error);
  else if (source->path == NULL)
    fd = cache_open (context->cache_fd, &hashes, name, error);
  else
    fd = content_open_path (source, context, source->path, error);
  if (fd < 0)
    return -1;
  if ((source->path != NULL || data_url_is (source->url)) && hashes_any (&hashes)
      && !hashes_verify_fd (&hashes, fd, source->path != NULL ? source->path : "The data: URL", NULL, error))
    return -1;
  *ret_name = g_steal_pointer (&name);
  return file_steal_fd (&fd);
}

gboolean
content_digest (const ManifestSource *source, const SourceContext *context, GChecksum *checksum, GError **error)
{
  g_autofree char *name = content_base_name (source);
  g_autofree char *sum = NULL;
  FileHashes hashes;

  if (!content_check (source, &hashes, error))
    return FALSE;
  if (source->path != NULL || data_url_is (source->url))
    {
      const char *what = source->path != NULL ? source->path : "a data: URL";
      autofd fd = source->path != NULL ? content_open_path (source, context, source->path, error)
                                       : content_open_data (source->url, error);

      if (fd < 0)
        return FALSE;
      sum = file_sha256_fd (fd, what, error);
    }
  else
    sum = hashes_cache_name (&hashes);
  if (sum == NULL)
    return FALSE;
  checksum_add (checksum, "content", sum);
  checksum_add (checksum, "name", name);
  checksum_add (checksum, "dest", source->dest);
  checksum_add (checksum, "dest-filename", source->dest_filename);
  return TRUE;
}

int
content_dest (const ManifestSource *source, int tree_fd, GError **error)
{
  g_autofree char *path = NULL;
  int fd;

  if (source->dest != NULL && !tree_path_clean (source->dest, 0, &path, error))
    {
      error_prefix (error, "The dest of a source of type %s", source->type);
      return -1;
    }
  if (path == NULL)
    return file_open (tree_fd, ".", O_RDONLY | O_DIRECTORY, 0, error);
  fd = file_mkdir_p (tree_fd, path, 0755, error);
  if (fd < 0)
    error_prefix (error, "Cannot use the dest \"%s\"", source->dest);
  return fd;
}

gboolean
content_file_name (const ManifestSource *source, const char *fallback, char **ret_name, GError **error)
{
  const char *name = source->dest_filename != NULL ? source->dest_filename : fallback;

  if (name[0] == '\0' || strchr (name, '/') != NULL || strcmp (name, ".") == 0 || strcmp (name, "..") == 0
      || strlen (name) > 255)
    return error_throw_code (error, ERROR_REFUSED, "\"%s\" cannot be the name of a file; give a plain dest-filename",
                             name);
  *ret_name = g_strdup (name);
  return TRUE;
}

gboolean
content_write (int dir_fd, const char *name, const char *text, gsize length, mode_t mode, GError **error)
{
  g_autoptr (TreeWriter) writer = tree_writer_new (dir_fd);
  autofd fd = tree_writer_file (writer, name, error);

  return fd >= 0
         && file_write_all (fd, name, text, length, error)
         && tree_writer_file_end (fd, name, mode, 0, error);
}
