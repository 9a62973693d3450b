/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/scope.h"

#include "sandbox/landlock.h"

#include <errno.h>
#include <unistd.h>

int
scope_restrict (void)
{
  const LandlockHandled handled = { .scoped = LANDLOCK_SCOPE_ABSTRACT_SOCKET | LANDLOCK_SCOPE_SIGNAL };
  int fd;
  int error = 0;

  if (landlock_version () < LANDLOCK_VERSION_SCOPE)
    return ENOSYS;
  fd = landlock_ruleset_make (&handled);
  if (fd < 0)
    return errno;
  if (landlock_ruleset_enter (fd) < 0)
    error = errno;
  (void) close (fd);
  return error;
}
