/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The sandbox's side of a network with a way out; see outgoing.h.
 */
#include "sandbox/mount.h"
#include "sandbox/place.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int
outgoing_mapped (Setup *setup)
{
  const OutgoingPipes *pipes = &setup->launch->outgoing;

  if (pipes->mapped[1] >= 0)
    (void) close (pipes->mapped[1]);
  return 0;
}

int
outgoing_wait (Setup *setup)
{
  const OutgoingPipes *pipes = &setup->launch->outgoing;
  char byte;
  ssize_t n;

  if (pipes->ready[0] < 0)
    return 0;
  (void) close (pipes->ready[1]);
  do
    n = read (pipes->ready[0], &byte, 1);
  while (n < 0 && errno == EINTR);
  if (n == 1)
    return 0;
  errno = n == 0 ? ENETDOWN : errno;
  return fault_set (setup, FAULT_NO_NETWORK, "pasta", NULL);
}

/* On a file system that the sandbox has made itself, whatever else the plan may write to. */
static bool
is_made_here (const Setup *setup, int fd)
{
  struct stat st;

  if (fstat (fd, &st) < 0)
    return false;
  for (size_t i = 0; i < setup->n_own_devices; i++)
    if (setup->launch->own_devices[i] == st.st_dev)
      return true;
  return false;
}

/* The mount point where there is none yet; -1 where it cannot be made. */
static int
resolver_make (Setup *setup, const char *dest)
{
  int folder = place_existing (setup, "/etc");
  bool is_ours = is_made_here (setup, folder >= 0 ? folder : setup->root_fd);

  if (folder >= 0)
    (void) close (folder);
  return is_ours ? place_mount_point (setup, dest, false) : -1;
}

/* Where the name servers are written, if that place is there or ours to make; the app can do without. */
int
place_resolver (Setup *setup, const char *dest)
{
  static const char text[] = "nameserver 169.254.1.1\n";
  int fd;
  int source;
  int result;

  fd = place_existing (setup, dest);
  if (fd < 0)
    fd = resolver_make (setup, dest);
  setup->fault.kind = FAULT_PLAIN;
  if (fd < 0)
    return 0;
  source = place_stage_file (setup, text, strlen (text), 0444);
  result = source < 0 ? -1 : setup->way->bind (setup, source, fd, dest, SANDBOX_BIND_READ_ONLY);
  if (source >= 0)
    (void) close (source);
  (void) close (fd);
  return result;
}
