/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/pipe.h"

#include "sandbox/plan-build.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int
pipe_above (int ends[2])
{
  int saved_errno;

  if (pipe2 (ends, O_CLOEXEC) < 0)
    {
      ends[0] = ends[1] = -1;
      return -1;
    }
  ends[0] = fd_raise (ends[0]);
  ends[1] = fd_raise (ends[1]);
  if (ends[0] >= 0 && ends[1] >= 0)
    return 0;
  saved_errno = errno;
  for (int i = 0; i < 2; i++)
    {
      if (ends[i] >= 0)
        (void) close (ends[i]);
      ends[i] = -1;
    }
  errno = saved_errno;
  return -1;
}
