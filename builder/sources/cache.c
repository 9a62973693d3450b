/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/sources/cache.h"

#include <errno.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

static char *
cache_path (const FileHashes *hashes)
{
  g_autofree char *name = hashes_cache_name (hashes);

  return g_build_filename ("downloads", name, NULL);
}

void
cache_touch (int fd, const char *name)
{
  /* A cache that is only read stays as it is. */
  (void) (name != NULL ? utimensat (fd, name, NULL, AT_SYMLINK_NOFOLLOW) : futimens (fd, NULL));
}

gboolean
cache_has (int cache_fd, const FileHashes *hashes)
{
  g_autofree char *path = cache_path (hashes);
  struct stat st;

  if (fstatat (cache_fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG (st.st_mode))
    return FALSE;
  cache_touch (cache_fd, path);
  return TRUE;
}

int
cache_open (int cache_fd, const FileHashes *hashes, const char *name, GError **error)
{
  g_autofree char *path = cache_path (hashes);
  autofd fd = openat (cache_fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

  if (fd < 0 && errno == ENOENT)
    {
      error_throw_code (error, ERROR_NOT_FOUND, "%s is not in the download cache", name);
      return -1;
    }
  if (fd < 0)
    {
      error_throw_errno (error, errno, "Cannot open %s in the download cache (%s)", name, path);
      return -1;
    }
  if (!hashes_verify_fd (hashes, fd, name, NULL, error))
    {
      unlinkat (cache_fd, path, 0);
      error_prefix (error, "The cached copy is damaged and was removed; run the build again");
      return -1;
    }
  return file_steal_fd (&fd);
}

int
cache_downloads (int cache_fd, GError **error)
{
  return file_mkdir_p (cache_fd, "downloads", 0755, error);
}

int
cache_lock (int dir_fd, const char *name, gboolean wait, GError **error)
{
  g_autofree char *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, name, -1);
  struct flock range = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
  autofd fd = file_open (dir_fd, ".lock", O_RDWR | O_CREAT | O_NOFOLLOW, 0600, error);

  if (fd < 0)
    return -1;
  sum[15] = '\0'; /* 60 bits */
  range.l_start = (off_t) g_ascii_strtoull (sum, NULL, 16);
  while (fcntl (fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &range) < 0)
    {
      if (errno == EINTR)
        continue;
      if (errno == EAGAIN || errno == EACCES)
        error_throw_code (error, ERROR_UNAVAILABLE, "another appbuild is fetching %s", name);
      else
        error_throw_errno (error, errno, "Cannot lock %s in the download cache", name);
      return -1;
    }
  return file_steal_fd (&fd);
}
