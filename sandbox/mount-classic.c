/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Mounting with mount(2), for kernels before 5.12.  A recursive bind comes with the flags of its source, and
 * a remount changes one mount only; so after the bind the table of mounts is read once and each mount at or
 * below the destination is remounted with what it had and what is wanted.  Nobody else is in the
 * namespace yet, so the moment between bind and remount has no witness.
 */
#include "sandbox/decimal.h"
#include "sandbox/kernel.h"
#include "sandbox/mount-table.h"
#include "sandbox/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* Mounts below one bind. */
#define TREE_MAX 8192

/* The mount at `top` that covers all others there, which is the youngest; 0, with errno: there is none.  The table is in the order of
 * age. */
static int
table_youngest (Setup *setup, const char *top)
{
  TableReader table = { .fd = openat (setup->proc_fd, "self/mountinfo", O_RDONLY | O_CLOEXEC) };
  TableLine line;
  int id = 0;

  if (table.fd < 0)
    return 0;
  while (table_line (&table, &line))
    if (strcmp (line.point, top) == 0)
      id = line.id;
  (void) close (table.fd);
  errno = table.error != 0 ? table.error : EINVAL;
  return table.error == 0 ? id : 0;
}

/* The number of the mount that `fd` lies on; -1 with errno. */
static int
mount_number (Setup *setup, int fd)
{
  static const char word[] = "mnt_id:\t";
  char path[48];
  char text[512];
  const char *found;
  int info;
  ssize_t n;
  int id = 0;

  (void) decimal_append (text_append (path, "self/fdinfo/"), (unsigned) fd);
  info = openat (setup->proc_fd, path, O_RDONLY | O_CLOEXEC);
  if (info < 0)
    return -1;
  n = read (info, text, sizeof text - 1);
  (void) close (info);
  if (n < 0)
    return -1;
  text[n] = '\0';
  found = strstr (text, word);
  errno = EINVAL;
  if (found == NULL)
    return -1;
  for (found += sizeof word - 1; *found >= '0' && *found <= '9'; found++)
    id = id * 10 + (*found - '0');
  return id;
}

/* A mount that is covered, or lies below what is covered, is not where its name leads to; nobody gets there. */
static int
line_remount (Setup *setup, const TableLine *line, unsigned long wanted)
{
  int fd = open (line->point, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  int id;

  if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
    return 0;
  id = fd < 0 ? -1 : mount_number (setup, fd);
  if (id < 0)
    (void) fault_set (setup, FAULT_PLAIN, "open", line->point);
  if (fd >= 0)
    (void) close (fd);
  if (id != line->id)
    return id < 0 ? -1 : 0;
  if (mount (NULL, line->point, NULL, MS_REMOUNT | MS_BIND | wanted | table_flags (line->options), NULL) < 0)
    return fault_set (setup, FAULT_PLAIN, "mount", line->point);
  return 0;
}

static bool
is_among (const int *ids, size_t n, int id)
{
  while (n > 0 && ids[n - 1] != id)
    n--;
  return n > 0;
}

/* Remount what is at `top` or below it, not what is covered by that.  `only_top`: not what is below. */
static int
table_remount (Setup *setup, const char *top, unsigned long wanted, bool only_top)
{
  TableReader table = { .fd = -1 };
  TableLine line;
  int ids[TREE_MAX];
  size_t n = 1;
  int result = 0;

  ids[0] = table_youngest (setup, top);
  if (ids[0] == 0)
    return fault_set (setup, FAULT_PLAIN, "mount", top);
  table.fd = openat (setup->proc_fd, "self/mountinfo", O_RDONLY | O_CLOEXEC);
  if (table.fd < 0)
    return fault_set (setup, FAULT_PLAIN, "open", "self/mountinfo");
  while (result == 0 && table_line (&table, &line))
    {
      if (line.id != ids[0] && (only_top || !is_among (ids, n, line.parent)))
        continue;
      errno = E2BIG;
      if (line.id != ids[0] && n == TREE_MAX)
        result = fault_set (setup, FAULT_PLAIN, "mount", top);
      else if (line.id != ids[0])
        ids[n++] = line.id;
      if (result == 0)
        result = line_remount (setup, &line, wanted);
    }
  (void) close (table.fd);
  if (result == 0 && table.error != 0)
    {
      errno = table.error;
      return fault_set (setup, FAULT_PLAIN, "read", "self/mountinfo");
    }
  return result;
}

static int
classic_bind (Setup *setup, int source_fd, int dest_fd, const char *dest, unsigned flags)
{
  char from[32];
  char to[32];
  char name[PATH_MAX];
  unsigned long wanted = MS_NOSUID;

  if (mount (mount_fd_path (from, source_fd), mount_fd_path (to, dest_fd), NULL, MS_BIND | MS_REC, NULL) < 0)
    return fault_set (setup, FAULT_PLAIN, "mount", NULL);
  if ((flags & SANDBOX_BIND_READ_ONLY) != 0)
    wanted |= MS_RDONLY;
  if ((flags & SANDBOX_BIND_DEV) == 0)
    wanted |= MS_NODEV;
  if ((flags & SANDBOX_BIND_NOEXEC) != 0)
    wanted |= MS_NOEXEC;
  if (mount_place_name (setup, dest_fd, name, sizeof name) < 0)
    return -1;
  if ((flags & SANDBOX_BIND_SLAVE) == 0 && mount (NULL, name, NULL, MS_REC | MS_PRIVATE, NULL) < 0)
    return fault_set (setup, FAULT_PLAIN, "mount", name);
  return table_remount (setup, name, wanted, false);
}

static int
classic_attach (Setup *setup, int mount_fd, int dest_fd, unsigned flags)
{
  errno = ENOSYS;
  return fault_set (setup, FAULT_NEEDS_NEW_API, "move_mount", NULL);
}

static int
classic_read_only (Setup *setup, int dest_fd)
{
  char name[PATH_MAX];

  if (mount_place_name (setup, dest_fd, name, sizeof name) < 0)
    return -1;
  return table_remount (setup, name, MS_RDONLY, true);
}

const MountWay mount_way_classic = { classic_bind, classic_attach, classic_read_only };
