/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/error.h"

void
file_close_fd (int *fd)
{
  int saved = errno;

  if (*fd >= 0)
    (void) close (*fd); /* nothing was written, or the writer has called fsync */
  *fd = -1;
  errno = saved;
}

int
file_open (int dirfd, const char *path, int flags, mode_t mode, GError **error)
{
  int fd;

  do
    fd = openat (dirfd, path, flags | O_CLOEXEC, mode);
  while (fd < 0 && errno == EINTR);
  if (fd < 0)
    error_throw_errno (error, errno, "cannot open '%s'", path);
  return fd;
}

char *
file_read_fd (int fd, const char *name, gsize max, gsize *ret_length, GError **error)
{
  struct stat st;
  gsize used = 0;

  if (fstat (fd, &st) < 0)
    return error_throw_errno (error, errno, "cannot examine '%s'", name), NULL;
  if (!S_ISREG (st.st_mode))
    return error_throw_code (error, ERROR_REFUSED, "'%s' is not a regular file", name), NULL;
  if (st.st_size < 0 || (guint64) st.st_size > max)
    return error_throw_code (error, ERROR_REFUSED, "'%s' is larger than the %" G_GSIZE_FORMAT " bytes allowed here",
                             name, max),
           NULL;
  /* Some kernel files say size 0; read to the end whatever the size says, within `max`. */
  gsize allocated = (gsize) st.st_size + 4096;
  g_autofree char *data = g_malloc (allocated + 1);
  for (;;)
    {
      ssize_t n = read (fd, data + used, allocated - used);
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return error_throw_errno (error, errno, "cannot read '%s'", name), NULL;
      if (n == 0)
        break;
      used += (gsize) n;
      if (used > max)
        return error_throw_code (error, ERROR_REFUSED, "'%s' grew over the %" G_GSIZE_FORMAT " bytes allowed here",
                                 name, max),
               NULL;
      if (used == allocated)
        {
          allocated *= 2;
          data = g_realloc (data, allocated + 1);
        }
    }
  data[used] = '\0';
  if (ret_length != NULL)
    *ret_length = used;
  return g_steal_pointer (&data);
}

char *
file_read (int dirfd, const char *path, gsize max, gsize *ret_length, GError **error)
{
  /* O_NONBLOCK: a fifo in place of the file must not hang us; file_read_fd() then refuses it. */
  autofd fd = file_open (dirfd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, error);

  if (fd < 0)
    return NULL;
  return file_read_fd (fd, path, max, ret_length, error);
}

gboolean
file_write_all (int fd, const char *name, const void *data, gsize length, GError **error)
{
  const char *p = data;

  while (length > 0)
    {
      ssize_t n = write (fd, p, length);
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return error_throw_errno (error, errno, "cannot write '%s'", name);
      p += n;
      length -= (gsize) n;
    }
  return TRUE;
}

/* `length` random characters that are safe in a file name. */
static void
random_name (char *out, gsize length)
{
  static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  guint8 bytes[32];

  g_assert (length < sizeof bytes);
  if (getrandom (bytes, length, 0) != (ssize_t) length)
    for (gsize i = 0; i < length; i++)
      bytes[i] = (guint8) g_random_int ();
  for (gsize i = 0; i < length; i++)
    out[i] = alphabet[bytes[i] % (sizeof alphabet - 1)];
  out[length] = '\0';
}

static gboolean
write_and_rename (int dirfd, const char *path, const void *data, gsize length, mode_t mode, gboolean sync, GError **error)
{
  char suffix[9];

  random_name (suffix, 8);
  g_autofree char *temp = g_strdup_printf ("%s.%s.tmp", path, suffix);
  autofd fd = file_open (dirfd, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600, error);
  if (fd < 0)
    return FALSE;

  gboolean ok = file_write_all (fd, path, data, length, error);
  if (ok && (fchmod (fd, mode) < 0 || (sync && fsync (fd) < 0)))
    ok = error_throw_errno (error, errno, "cannot write '%s'", path);
  if (ok && renameat (dirfd, temp, dirfd, path) < 0)
    ok = error_throw_errno (error, errno, "cannot replace '%s'", path);
  if (!ok)
    (void) unlinkat (dirfd, temp, 0); /* the first error is the one to tell */
  return ok;
}

gboolean
file_write_atomic (int dirfd, const char *path, const void *data, gsize length, mode_t mode, GError **error)
{
  return write_and_rename (dirfd, path, data, length, mode, TRUE, error);
}

gboolean
file_write_unsynced (int dirfd, const char *path, const void *data, gsize length, mode_t mode, GError **error)
{
  return write_and_rename (dirfd, path, data, length, mode, FALSE, error);
}

gboolean
file_copy_fd (int in, int out, const char *name, GError **error)
{
  g_autofree char *buffer = NULL;

  for (;;)
    {
      ssize_t n = buffer == NULL ? copy_file_range (in, NULL, out, NULL, 1 << 30, 0) : read (in, buffer, 1 << 17);
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0 && buffer == NULL
          && (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM))
        {
          buffer = g_malloc (1 << 17);
          continue;
        }
      if (n < 0)
        return error_throw_errno (error, errno, "cannot copy '%s'", name);
      if (n == 0 && buffer == NULL)
        {
          /* Some file systems answer 0 although there is data (kernel before 5.19): let read() decide. */
          buffer = g_malloc (1 << 17);
          continue;
        }
      if (n == 0)
        return TRUE;
      if (buffer != NULL && !file_write_all (out, name, buffer, (gsize) n, error))
        return FALSE;
    }
}

char *
file_sha256_fd (int fd, const char *name, GError **error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guint8 *buffer = g_malloc (1 << 17);

  for (;;)
    {
      ssize_t n = read (fd, buffer, 1 << 17);
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return error_throw_errno (error, errno, "cannot read '%s'", name), NULL;
      if (n == 0)
        return g_strdup (g_checksum_get_string (checksum));
      g_checksum_update (checksum, buffer, n);
    }
}

int
file_mkdtemp (int dirfd, const char *prefix, char **ret_name, GError **error)
{
  for (int attempt = 0; attempt < 100; attempt++)
    {
      char suffix[9];

      random_name (suffix, 8);
      g_autofree char *name = g_strconcat (prefix, suffix, NULL);
      if (mkdirat (dirfd, name, 0700) == 0)
        {
          int fd = file_open (dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, error);
          if (fd >= 0)
            *ret_name = g_steal_pointer (&name);
          return fd;
        }
      if (errno != EEXIST)
        {
          error_throw_errno (error, errno, "cannot create the temporary folder '%s'", name);
          return -1;
        }
    }
  error_throw (error, "cannot find an unused name for a temporary folder '%s'", prefix);
  return -1;
}

int
file_lock (int dirfd, const char *path, gboolean exclusive, gboolean wait, GError **error)
{
  autofd fd = file_open (dirfd, path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600, error);
  int operation = (exclusive ? LOCK_EX : LOCK_SH) | (wait ? 0 : LOCK_NB);

  if (fd < 0)
    return -1;
  while (flock (fd, operation) < 0)
    {
      if (errno == EINTR)
        continue;
      if (errno == EWOULDBLOCK)
        error_throw_code (error, ERROR_UNAVAILABLE, "'%s' is locked by another process", path);
      else
        error_throw_errno (error, errno, "cannot lock '%s'", path);
      return -1;
    }
  return file_steal_fd (&fd);
}
