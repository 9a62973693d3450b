/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Locks that are held as long as the sandbox lives: somebody who wants to remove or update a file can see that it is in
 * use.  They belong to the open file, which pid 1 keeps, so they end with it and not earlier.
 */
#include "sandbox/mount.h"
#include "sandbox/place.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int
lock_take (Setup *setup, const char *dest)
{
  struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
  char path[32];
  int place = place_existing (setup, dest);
  int fd;

  if (place < 0)
    return fault_set (setup, FAULT_PLAIN, "open", dest);
  fd = open (mount_fd_path (path, place), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  (void) close (place);
  if (fd < 0)
    return fault_set (setup, FAULT_PLAIN, "open", dest);
  if (fcntl (fd, F_OFD_SETLK, &lock) == 0)
    return fd;
  (void) fault_set (setup, errno == EAGAIN || errno == EACCES ? FAULT_LOCKED : FAULT_PLAIN, "fcntl", dest);
  (void) close (fd);
  return -1;
}

int
locks_take (Setup *setup)
{
  const SandboxPlan *plan = setup->launch->plan;

  for (size_t i = 0; i < plan->n_records; i++)
    {
      if (plan->records[i].kind != RECORD_LOCK)
        continue;
      setup->fault.record = (int32_t) i;
      setup->launch->held_fds[i] = lock_take (setup, plan->records[i].dest);
      if (setup->launch->held_fds[i] < 0)
        return -1;
    }
  setup->fault.record = -1;
  return 0;
}
