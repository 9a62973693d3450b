/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Symbolic links that are followed inside the new root: an absolute one begins at its top, and ".." ends there.  openat2 does that;
 * where it is not to be had, the way is walked by hand.  There each step begins at the root's descriptor and opens what is no
 * link, so that somebody who exchanges names meanwhile can lead the walk astray inside only, or end it.
 */
#include "sandbox/kernel.h"
#include "sandbox/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* As the kernel has it. */
#define LINKS_MAX 40
/* How often a way is walked again that somebody changes meanwhile, before the start is refused. */
#define RACE_TRIES 128

/* Where the walk is: `done` has been walked, and no part of it is a link; `rest` is still to be walked. */
typedef struct
{
  char done[PATH_MAX];
  char rest[PATH_MAX];
  int n_links;
} Walk;

/* What `path` refers to, no part of which may be a link; "" is the root. */
static int
plain_open (int root_fd, const char *path)
{
  char name[NAME_MAX + 1];
  int fd = fcntl (root_fd, F_DUPFD_CLOEXEC, 3);

  while (fd >= 0 && *path != '\0')
    {
      size_t length = strcspn (++path, "/");
      struct stat st;
      int next;

      memcpy (name, path, length);
      name[length] = '\0';
      next = openat (fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
      (void) close (fd);
      if (next >= 0 && (fstat (next, &st) < 0 || S_ISLNK (st.st_mode)))
        {
          (void) close (next);
          errno = ELOOP;
          return -1;
        }
      fd = next;
      path += length;
    }
  return fd;
}

static int
too_long (void)
{
  errno = ENAMETOOLONG;
  return -1;
}

/* "/NAME" behind what is done. */
static int
done_append (Walk *walk, const char *name, size_t length)
{
  size_t used = strlen (walk->done);

  if (length > NAME_MAX || used + length + 2 > sizeof walk->done)
    return too_long ();
  walk->done[used] = '/';
  memcpy (walk->done + used + 1, name, length);
  walk->done[used + 1 + length] = '\0';
  return 0;
}

/* The last name of `done`, which has just been appended, is taken back where it is a link, and its target is walked next. */
static int
link_take (Walk *walk, int root_fd)
{
  char target[PATH_MAX];
  char *name = strrchr (walk->done, '/');
  size_t length = strlen (walk->rest);
  ssize_t n;
  int fd;

  *name = '\0';
  fd = plain_open (root_fd, walk->done);
  n = fd < 0 ? -1 : readlinkat (fd, name + 1, target, sizeof target - 1);
  if (fd < 0)
    return -1;
  (void) close (fd);
  *name = '/';
  if (n < 0)
    return errno == EINVAL ? 0 : -1;
  if (++walk->n_links > LINKS_MAX)
    {
      errno = ELOOP;
      return -1;
    }
  if ((size_t) n + length + 2 > sizeof walk->rest)
    return too_long ();
  *name = '\0';
  if (target[0] == '/')
    walk->done[0] = '\0';
  memmove (walk->rest + n + 1, walk->rest, length + 1);
  memcpy (walk->rest, target, (size_t) n);
  walk->rest[n] = '/';
  return 0;
}

static int
step (Walk *walk, int root_fd)
{
  size_t length = strcspn (walk->rest, "/");
  bool is_up = length == 2 && memcmp (walk->rest, "..", 2) == 0;
  bool is_name = length > 0 && !is_up && !(length == 1 && walk->rest[0] == '.');
  char *end = strrchr (walk->done, '/');

  if (is_up && end != NULL)
    *end = '\0';
  if (is_name && done_append (walk, walk->rest, length) < 0)
    return -1;
  length += strspn (walk->rest + length, "/");
  memmove (walk->rest, walk->rest + length, strlen (walk->rest + length) + 1);
  return is_name ? link_take (walk, root_fd) : 0;
}

static int
follow_by_hand (int root_fd, const char *path)
{
  Walk walk = { .n_links = 0 };

  if (strlen (path) >= sizeof walk.rest)
    return too_long ();
  memcpy (walk.rest, path, strlen (path) + 1);
  while (walk.rest[0] != '\0')
    if (step (&walk, root_fd) < 0)
      return -1;
  return plain_open (root_fd, walk.done);
}

int
place_follow (int root_fd, const char *path)
{
  int fd = -1;

  errno = EAGAIN;
  for (int i = 0; fd < 0 && errno == EAGAIN && i < RACE_TRIES; i++)
    fd = kernel_openat2 (root_fd, path, O_PATH | O_CLOEXEC, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
  if (fd < 0 && (errno == ENOSYS || errno == EPERM))
    return follow_by_hand (root_fd, path);
  return fd;
}
