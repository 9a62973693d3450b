/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/decimal.h"
#include "sandbox/kernel.h"
#include "sandbox/mount.h"

#include <unistd.h>

const char *
mount_fd_path (char *buffer, int fd)
{
  (void) decimal_append (text_append (buffer, "/proc/self/fd/"), (unsigned) fd);
  return buffer;
}

int
mount_place_name (Setup *setup, int fd, char *buffer, size_t size)
{
  char link[32];
  ssize_t n = readlink (mount_fd_path (link, fd), buffer, size - 1);

  if (n < 0)
    return fault_set (setup, FAULT_PLAIN, "readlink", link);
  buffer[n] = '\0';
  return 0;
}

int
mount_filesystem (Setup *setup, const char *type, int dest_fd, unsigned long flags, const char *options)
{
  char dest[32];

  if (mount (type, mount_fd_path (dest, dest_fd), type, flags | MS_NOSUID, options) < 0)
    return fault_set (setup, FAULT_PLAIN, "mount", type);
  return 0;
}
