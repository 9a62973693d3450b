/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/cgroup-way.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 5000

int
cgroup_reason (char *reason, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  (void) vsnprintf (reason, CGROUP_REASON, format, args);   /* a cut sentence is still one */
  va_end (args);
  return -1;
}

/* Where systemd mounts it, and where it does that beside the hierarchies of version 1. */
int
cgroup_mount_open (char *reason)
{
  static const char *const places[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };

  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
    {
      int fd = open (places[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      struct statfs st;

      if (fd >= 0 && fstatfs (fd, &st) == 0 && st.f_type == CGROUP2_SUPER_MAGIC)
        return fd;
      if (fd >= 0)
        (void) close (fd);
    }
  return cgroup_reason (reason, "no control groups of version 2 are mounted at /sys/fs/cgroup");
}

int
cgroup_path_of (pid_t pid, char *path, size_t size)
{
  char name[64];
  char line[4200];
  int found = -1;
  FILE *file;

  if (pid == 0)
    (void) snprintf (name, sizeof name, "/proc/self/cgroup");
  else
    (void) snprintf (name, sizeof name, "/proc/%d/cgroup", (int) pid);
  file = fopen (name, "re");
  if (file == NULL)
    return -1;
  while (fgets (line, sizeof line, file) != NULL)
    if (strncmp (line, "0::/", 4) == 0)
      {
        line[strcspn (line, "\n")] = '\0';
        /* Above the root of our namespace we can see nothing. */
        if (strlen (line + 4) < size && strncmp (line + 3, "/..", 3) != 0)
          {
            memcpy (path, line + 4, strlen (line + 4) + 1);
            found = 0;
          }
      }
  (void) fclose (file);
  return found;
}

int
cgroup_read (int dir_fd, const char *file, char *text, size_t size)
{
  int fd = openat (dir_fd, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  ssize_t n = fd < 0 ? -1 : read (fd, text, size - 1);

  if (fd >= 0)
    (void) close (fd);
  if (n < 0)
    return -1;
  text[n] = '\0';
  if (n > 0 && text[n - 1] == '\n')
    text[n - 1] = '\0';
  return 0;
}

int
cgroup_write (int dir_fd, const char *file, const char *text)
{
  int fd = openat (dir_fd, file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  ssize_t n = fd < 0 ? -1 : write (fd, text, strlen (text));
  int saved = errno;

  if (fd >= 0)
    (void) close (fd);
  errno = saved;
  return n < 0 ? -1 : 0;
}

static unsigned long long
count_find (const char *text, const char *key)
{
  size_t length = strlen (key);

  for (const char *line = text; line != NULL; line = strchr (line, '\n'))
    {
      line += line != text;
      if (strncmp (line, key, length) == 0 && line[length] == ' ')
        return strtoull (line + length + 1, NULL, 10);
      if (line[0] == '\0')
        break;
    }
  return 0;
}

unsigned long long
cgroup_count (int dir_fd, const char *file, const char *key)
{
  char text[1024];

  return cgroup_read (dir_fd, file, text, sizeof text) < 0 ? 0 : count_find (text, key);
}

static long long
now_ms (void)
{
  struct timespec now;

  (void) clock_gettime (CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* The kernel wakes who polls the file when it changes. */
int
cgroup_await (int dir_fd, const char *file, const char *key, unsigned long long wanted)
{
  int fd = openat (dir_fd, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  long long end = now_ms () + PATIENCE_MS;
  int result = -1;

  while (fd >= 0 && result < 0)
    {
      struct pollfd change = { .fd = fd, .events = POLLPRI };
      char text[1024];
      ssize_t n = pread (fd, text, sizeof text - 1, 0);
      long long left = end - now_ms ();

      text[n > 0 ? n : 0] = '\0';
      if (n < 0 || count_find (text, key) == wanted)
        result = 0;     /* a group that is gone has nobody in it */
      else if (left <= 0)
        break;
      else
        (void) poll (&change, 1, (int) left);
    }
  if (fd >= 0)
    (void) close (fd);
  return result;
}
