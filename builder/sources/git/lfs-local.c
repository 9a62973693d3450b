/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whoever made the repository could have put a link or a pipe in an object's place: only regular files below the repository are
 * read, and only the copy, which nobody else writes to, is compared with the hash.
 */
#include "builder/sources/git/lfs-local.h"

#include <errno.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/sources/cache.h"

static int
open_object (const char *repository, const char *oid, guint64 size, GError **error)
{
  static const char *const folders[] = { ".git/lfs/objects", "lfs/objects" };
  autofd root = file_open (AT_FDCWD, repository, O_PATH | O_DIRECTORY, 0, error);
  struct stat st;

  for (gsize i = 0; root >= 0 && i < G_N_ELEMENTS (folders); i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/%.2s/%.2s/%s", folders[i], oid, oid + 2, oid);
      autofd fd = file_open_beneath (root, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0, NULL);

      if (fd < 0)
        continue;
      if (fstat (fd, &st) == 0 && S_ISREG (st.st_mode) && (guint64) st.st_size == size)
        return file_steal_fd (&fd);
      error_throw_code (error, ERROR_REFUSED, "%s/%s is not the file of %" G_GUINT64_FORMAT " bytes that the commit asks for", repository,
                        path, size);
      return -1;
    }
  if (root >= 0)
    error_throw_code (error, ERROR_NOT_FOUND, "%s keeps a file by Git LFS, %s, and has not got it; \"git lfs fetch\" in that "
                      "folder brings it, and \"disable-lfs: true\" takes the pointers instead", repository, oid);
  return -1;
}

gboolean
lfs_local_copy (const char *url, const char *oid, guint64 size, int cache_fd, GError **error)
{
  const FileHashes hashes = { { [HASH_SHA256] = oid } };
  g_autofree char *repository = g_filename_from_uri (url, NULL, error);
  g_autofree char *name = hashes_cache_name (&hashes);
  g_autofree char *part = g_strdup_printf (".part-%s-lfs-%ld", name, (long) getpid ());
  autofd in = repository != NULL ? open_object (repository, oid, size, error) : -1;
  autofd downloads = in >= 0 ? cache_downloads (cache_fd, error) : -1;
  autofd lock = downloads >= 0 ? cache_lock (downloads, name, TRUE, error) : -1;
  autofd out = lock >= 0 ? file_open (downloads, part, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600, error) : -1;

  if (out < 0)
    return FALSE;
  (void) flock (out, LOCK_EX | LOCK_NB); /* in use: builder/leftovers.h */
  if (file_copy_fd (in, out, oid, error) && hashes_verify_fd (&hashes, out, oid, NULL, error)
      && ((fchmod (out, 0644) == 0 && renameat (downloads, part, downloads, name) == 0)
          || error_throw_errno (error, errno, "cannot put the file %s into the download cache", oid)))
    return TRUE;
  (void) unlinkat (downloads, part, 0);
  return error_prefix (error, "a file that %s keeps by Git LFS", repository);
}
