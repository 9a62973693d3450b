/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tables of the system that a launch reads: the table of mounts, which has names of anybody, and lines of /etc/subuid.
 */
#include "sandbox/mount-table.h"
#include "sandbox/ranges.h"
#include "tests/fuzz/entry.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

static void
mounts_read (const uint8_t *data, size_t size)
{
  const unsigned long known = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME | MS_RELATIME;
  TableReader table = { .fd = memfd_create ("mountinfo", MFD_CLOEXEC) };
  TableLine line;
  size_t n = 0;

  if (table.fd < 0 || write (table.fd, data, size) != (ssize_t) size || lseek (table.fd, 0, SEEK_SET) != 0)
    abort ();
  for (memset (&line, 0xff, sizeof line); table_line (&table, &line); n++)
    if (memchr (line.point, 0, sizeof line.point) == NULL || memchr (line.options, 0, sizeof line.options) == NULL
        || (table_flags (line.options) & ~known) != 0 || n > size)
      abort ();
  (void) close (table.fd);
}

static void
ranges_read (const uint8_t *data, size_t size)
{
  char *line = malloc (size + 1);
  uint32_t start;
  uint32_t count;

  if (line == NULL)
    abort ();
  memcpy (line, data, size);
  line[size] = '\0';
  if (ranges_line (line, "user", 1000, &start, &count) && (count == 0 || (uint64_t) start + count > UINT32_MAX))
    abort ();
  free (line);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  mounts_read (data, size);
  ranges_read (data, size);
  return 0;
}

uint8_t *
fuzz_seed (size_t number, size_t *ret_size)
{
  static const char *const seeds[] = {
    "24 30 0:22 / /proc rw,nosuid,nodev,noexec,relatime shared:13 - proc proc rw\n"
    "30 1 8:1 / / ro,noatime,nodiratime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro\n",
    "31 24 0:5 /a\\040b /mnt/\\134x\\011 rw - tmpfs a\\012b rw\n", "user:100000:65536\n", "1000:4294967295:1\n", "1000:1:4294967295\n",
    "9999999999999 1 0:1 / / rw\n\n \n",
  };
  char *copy = number < sizeof seeds / sizeof seeds[0] ? strdup (seeds[number]) : NULL;

  *ret_size = copy != NULL ? strlen (copy) : 0;
  return (uint8_t *) copy;
}

const char *const fuzz_words[] = { "\n", " ", "\\040", "/", "0", "-1", "4294967296", ":", ",", NULL };
