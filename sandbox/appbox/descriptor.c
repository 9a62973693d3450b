/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/appbox/number.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

int
descriptor_value (const char *option, const char *text)
{
  int fd = (int) number_value (option, text, 10, INT_MAX);

  if (fcntl (fd, F_GETFD) < 0)
    appbox_die ("Invalid fd: %s %s: %s", option, text, strerror (errno));
  if (fd > 2 && fcntl (fd, F_SETFD, FD_CLOEXEC) < 0)
    appbox_die ("%s %s: %s", option, text, strerror (errno));
  return fd;
}

int
descriptor_copy (const char *option, const char *text)
{
  int fd = fcntl (descriptor_value (option, text), F_DUPFD_CLOEXEC, 3);

  if (fd < 0)
    appbox_die ("%s %s: %s", option, text, strerror (errno));
  return fd;
}
