/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/scope.h"

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_restrict_self 446
#endif

/* struct landlock_ruleset_attr as of Linux 6.12, which older headers do not have. */
typedef struct
{
  uint64_t handled_access_fs;
  uint64_t handled_access_net;
  uint64_t scoped;
} LandlockRuleset;

#define SCOPE_ABSTRACT_UNIX_SOCKET (UINT64_C (1) << 0)
#define SCOPE_SIGNAL (UINT64_C (1) << 1)
#define CREATE_RULESET_VERSION 1U
#define VERSION_WITH_SCOPE 6

int
scope_restrict (void)
{
  const LandlockRuleset rules = { .scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL };
  int fd;
  int error = 0;

  if (syscall (SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION) < VERSION_WITH_SCOPE)
    return ENOSYS;
  fd = (int) syscall (SYS_landlock_create_ruleset, &rules, sizeof rules, 0);
  if (fd < 0)
    return errno;
  if (syscall (SYS_landlock_restrict_self, fd, 0) < 0)
    error = errno;
  (void) close (fd);
  return error;
}
