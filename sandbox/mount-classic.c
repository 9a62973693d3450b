/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Mounting with mount(2), for kernels before 5.12.  A recursive bind comes with the flags of its source, and
 * a remount changes one mount only; so after the bind the table of mounts is read once and each mount at or
 * below the destination is remounted with what it had and what is wanted.  Nobody else is in the
 * namespace yet, so the moment between bind and remount has no witness.
 */
#include "sandbox/decimal.h"
#include "sandbox/kernel.h"
#include "sandbox/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* Reads /proc/self/mountinfo a byte at a time without allocating. */
typedef struct
{
  int fd;
  ssize_t used;
  ssize_t next;
  char bytes[4096];
} TableReader;

static int
table_byte (TableReader *table)
{
  if (table->next == table->used)
    {
      table->used = read (table->fd, table->bytes, sizeof table->bytes);
      table->next = 0;
      if (table->used <= 0)
        return -1;
    }
  return (unsigned char) table->bytes[table->next++];
}

/* The next field of a line, cut when it is too long for `buffer` (no path that we look for is); returns the
 * byte that ended it, or -1 at the end of the table. */
static int
table_field (TableReader *table, char *buffer, size_t size)
{
  size_t length = 0;
  int byte;

  while ((byte = table_byte (table)) >= 0 && byte != ' ' && byte != '\n')
    if (length + 1 < size)
      buffer[length++] = (char) byte;
  buffer[length] = '\0';
  return byte;
}

/* Space, tab, newline and backslash are written as three octal digits. */
static void
field_unescape (char *field)
{
  char *out = field;

  for (char *in = field; *in != '\0'; in++)
    {
      if (in[0] == '\\' && in[1] >= '0' && in[1] <= '3' && in[2] != '\0' && in[3] != '\0')
        {
          *out++ = (char) ((in[1] - '0') * 64 + (in[2] - '0') * 8 + (in[3] - '0'));
          in += 3;
        }
      else
        *out++ = *in;
    }
  *out = '\0';
}

/* The flags that a remount must repeat, or it would be refused for taking a locked one away. */
static unsigned long
options_to_flags (const char *options)
{
  static const struct { const char *name; unsigned long flag; } known[] = {
    { "ro", MS_RDONLY }, { "nosuid", MS_NOSUID }, { "nodev", MS_NODEV }, { "noexec", MS_NOEXEC },
    { "noatime", MS_NOATIME }, { "nodiratime", MS_NODIRATIME }, { "relatime", MS_RELATIME },
  };
  unsigned long flags = 0;

  while (*options != '\0')
    {
      size_t length = strcspn (options, ",");

      for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strlen (known[i].name) == length && strncmp (known[i].name, options, length) == 0)
          flags |= known[i].flag;
      options += length + (options[length] == ',');
    }
  return flags;
}

static bool
is_at_or_below (const char *path, const char *top)
{
  size_t length = strlen (top);

  return strncmp (path, top, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

/* Remount what is at `top` or below it.  `only_top`: not what is below. */
static int
table_remount (Setup *setup, const char *top, unsigned long wanted, bool only_top)
{
  TableReader table = { .fd = openat (setup->proc_fd, "self/mountinfo", O_RDONLY | O_CLOEXEC) };
  char skipped[8];
  char point[PATH_MAX + 256];
  char options[256];
  int found = 0;
  int result = 0;

  if (table.fd < 0)
    return fault_set (setup, FAULT_PLAIN, "open", "self/mountinfo");
  while (result == 0)
    {
      int byte = 0;

      for (int i = 0; i < 4 && byte != '\n' && byte >= 0; i++)
        byte = table_field (&table, skipped, sizeof skipped);
      if (byte < 0)
        break;
      (void) table_field (&table, point, sizeof point);
      byte = table_field (&table, options, sizeof options);
      while (byte >= 0 && byte != '\n')
        byte = table_byte (&table);
      field_unescape (point);
      if (only_top ? strcmp (point, top) != 0 : !is_at_or_below (point, top))
        continue;
      found = 1;
      if (mount (NULL, point, NULL, MS_REMOUNT | MS_BIND | wanted | options_to_flags (options), NULL) < 0)
        result = fault_set (setup, FAULT_PLAIN, "mount", point);
    }
  (void) close (table.fd);
  if (result == 0 && !found)
    {
      errno = EINVAL;
      return fault_set (setup, FAULT_PLAIN, "mount", top);
    }
  return result;
}

/* The name of the mount on `dest_fd`'s place, as the table shows it. */
static int
place_name (Setup *setup, int fd, char *buffer, size_t size)
{
  char link[32];
  ssize_t n = readlink (mount_fd_path (link, fd), buffer, size - 1);

  if (n < 0)
    return fault_set (setup, FAULT_PLAIN, "readlink", link);
  buffer[n] = '\0';
  return 0;
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
  if (place_name (setup, dest_fd, name, sizeof name) < 0)
    return -1;
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

  if (place_name (setup, dest_fd, name, sizeof name) < 0)
    return -1;
  return table_remount (setup, name, MS_RDONLY, true);
}

const MountWay mount_way_classic = { classic_bind, classic_attach, classic_read_only };
