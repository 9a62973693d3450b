/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Kernels before 5.9 have no close_range(2), and the workers' root has no /proc to list descriptors from.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "image/server/server.h"

/* Whatever the limit is now, the launcher may have had a higher one when it opened something: the hard limit bounds
 * both, unless a privileged parent has lowered it. */
#define CLOSE_AT_LEAST 65536
#define CLOSE_AT_MOST (1u << 20)
#define POLL_BATCH 64

/* poll(2) names the open ones of many numbers in one call (no more than the soft limit allows). */
static gboolean
close_batch (unsigned first, unsigned end)
{
  struct pollfd probes[POLL_BATCH];
  unsigned n = 0;

  for (unsigned fd = first; fd < end; fd++)
    probes[n++] = (struct pollfd) { .fd = (int) fd };
  if (poll (probes, n, 0) < 0)
    return FALSE;
  for (unsigned i = 0; i < n; i++)
    if ((probes[i].revents & POLLNVAL) == 0)
      close (probes[i].fd);
  return TRUE;
}

gboolean
server_close_from (unsigned first)
{
  struct rlimit limit;
  unsigned end;

  if (syscall (SYS_close_range, first, ~0u, 0) == 0)
    return TRUE;
  if (getrlimit (RLIMIT_NOFILE, &limit) < 0)
    return FALSE;
  end = (unsigned) CLAMP (limit.rlim_max, CLOSE_AT_LEAST, CLOSE_AT_MOST);
  for (unsigned fd = first; fd < end; fd += POLL_BATCH)
    if (!close_batch (fd, MIN (fd + POLL_BATCH, end)))
      return FALSE;
  return TRUE;
}
