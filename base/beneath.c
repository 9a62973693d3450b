/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Walking in trees that are not ours.
 *
 * The kernel's openat2(2) does it in one call.  Where it is missing (Linux before 5.6, or a filter
 * that answers ENOSYS), each component is opened in turn with O_NOFOLLOW, so that a symbolic link
 * anywhere ends the walk; ".." is refused.  The result is the same: the descriptor lies below
 * `dirfd`, whatever happens to the tree meanwhile.
 */
#include "base/file.h"

#include <errno.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"

static int
call_openat2 (int dirfd, const char *path, int flags, mode_t mode, guint64 resolve)
{
  struct open_how how = {
    .flags = (guint64) (flags | O_CLOEXEC),
    .mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? mode : 0,
    .resolve = resolve,
  };

  for (int attempt = 0;; attempt++)
    {
      int fd = (int) syscall (SYS_openat2, dirfd, path, &how, sizeof how);
      /* EAGAIN: a rename went on during the walk; the kernel asks us to try again. */
      if (fd >= 0 || (errno != EINTR && !(errno == EAGAIN && attempt < 128)))
        return fd;
    }
}

/* Open the directory that holds the last component of `path`; *ret_last points into `copy`. */
static int
open_parent_stepwise (int dirfd, char *copy, const char **ret_last)
{
  autofd current = fcntl (dirfd, F_DUPFD_CLOEXEC, 3);
  char *save = NULL;
  char *part = strtok_r (copy, "/", &save);

  if (current < 0)
    return -1;
  if (part == NULL)
    part = (char *) ".";
  for (;;)
    {
      char *next = strtok_r (NULL, "/", &save);

      if (strcmp (part, "..") == 0)
        {
          errno = EXDEV;
          return -1;
        }
      if (next == NULL)
        {
          *ret_last = part;
          return file_steal_fd (&current);
        }
      struct stat st;
      int fd = openat (current, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (fd < 0)
        {
          /* For a link the kernel says ENOTDIR here, openat2(2) says ELOOP. */
          if (errno == ENOTDIR && fstatat (current, part, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK (st.st_mode))
            errno = ELOOP;
          return -1;
        }
      file_close_fd (&current);
      current = fd;
      part = next;
    }
}

static int
open_stepwise (int dirfd, const char *path, int flags, mode_t mode)
{
  g_autofree char *copy = g_strdup (path);
  const char *last = NULL;
  struct stat st;

  if (dirfd == AT_FDCWD || path[0] == '/')
    {
      errno = EXDEV;
      return -1;
    }
  autofd parent = open_parent_stepwise (dirfd, copy, &last);
  if (parent < 0)
    return -1;
  autofd fd = openat (parent, last, flags | O_NOFOLLOW | O_CLOEXEC, mode);
  if (fd < 0)
    return -1;
  /* O_PATH with O_NOFOLLOW opens the link itself, which openat2 refuses unless O_NOFOLLOW was asked for. */
  if ((flags & O_PATH) != 0 && (flags & O_NOFOLLOW) == 0 && fstat (fd, &st) == 0 && S_ISLNK (st.st_mode))
    {
      errno = ELOOP;
      return -1;
    }
  return file_steal_fd (&fd);
}

static int
open_beneath (int dirfd, const char *path, int flags, mode_t mode)
{
  int fd = call_openat2 (dirfd, path, flags, mode,
                         RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);

  if (fd < 0 && errno == ENOSYS)
    fd = open_stepwise (dirfd, path, flags, mode);
  return fd;
}

int
file_open_beneath (int dirfd, const char *path, int flags, mode_t mode, GError **error)
{
  int fd = open_beneath (dirfd, path, flags, mode);

  if (fd >= 0)
    return fd;
  if (errno == ELOOP || errno == EXDEV)
    error_throw_code (error, ERROR_REFUSED,
                      "refused to open '%s': the path leads through a symbolic link or out of its folder", path);
  else
    error_throw_errno (error, errno, "cannot open '%s'", path);
  return -1;
}

gboolean
file_is_beneath (int dirfd, const char *path)
{
  autofd fd = open_beneath (dirfd, path, O_PATH | O_NOFOLLOW, 0);

  return fd >= 0;
}

char *
file_read_beneath (int dirfd, const char *path, gsize max, gsize *ret_length, GError **error)
{
  /* O_NONBLOCK: a fifo in place of the file must not hang us; file_read_fd() then refuses it. */
  autofd fd = file_open_beneath (dirfd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0, error);

  return fd >= 0 ? file_read_fd (fd, path, max, ret_length, error) : NULL;
}

/* Not by way of umask(2), which all threads share. */
int
file_make_folder (int parent_fd, const char *name, mode_t mode)
{
  struct stat st;

  if (mkdirat (parent_fd, name, mode) < 0)
    return -1;
  if (fstatat (parent_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && (~st.st_mode & mode & 0700) == 0)
    return 0;
  autofd fd = openat (parent_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 || fstat (fd, &st) < 0)
    return -1;
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fd);
  return chmod (path, (st.st_mode & 07777) | (mode & 0700));
}

int
file_mkdir_p (int dirfd, const char *path, mode_t mode, GError **error)
{
  g_autofree char *copy = g_strdup (path);
  autofd current = -1;
  char *save = NULL;

  /* "." and not dup(): the caller may have an O_PATH descriptor, ours must be readable. */
  current = file_open (path[0] == '/' ? AT_FDCWD : dirfd, path[0] == '/' ? "/" : ".", O_RDONLY | O_DIRECTORY, 0, error);
  if (current < 0)
    return -1;
  for (char *part = strtok_r (copy, "/", &save); part != NULL; part = strtok_r (NULL, "/", &save))
    {
      if (strcmp (part, ".") == 0)
        continue;
      if (strcmp (part, "..") == 0)
        {
          error_throw_code (error, ERROR_REFUSED, "refused to create '%s': it contains '..'", path);
          return -1;
        }
      if (file_make_folder (current, part, mode) < 0 && errno != EEXIST)
        {
          error_throw_errno (error, errno, "cannot create the folder '%s' of '%s'", part, path);
          return -1;
        }
      int fd = openat (current, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      /* The caller's own home may be reached through links that the system's owner made. */
      if (fd < 0 && (errno == ELOOP || errno == ENOTDIR) && path[0] == '/')
        fd = openat (current, part, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      if (fd < 0 && errno == EACCES)
        fd = openat (current, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (fd < 0)
        {
          if (errno == ELOOP || errno == ENOTDIR)
            error_throw_code (error, ERROR_REFUSED,
                              "refused to create '%s': '%s' is a symbolic link or not a folder", path, part);
          else
            error_throw_errno (error, errno, "cannot open the folder '%s' of '%s'", part, path);
          return -1;
        }
      file_close_fd (&current);
      current = fd;
    }
  return file_steal_fd (&current);
}
