/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/appbox/number.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

/* What bubblewrap says of a closed descriptor, where it names what it was for. */
static const struct { const char *option, *words; } closed[] = {
  { "--args", "Can't read --args data" }, { "--seccomp", "Can't read seccomp data" },
  { "--add-seccomp-fd", "Can't read seccomp data" }, { "--userns", "Joining specified user namespace failed" },
  { "--userns2", "Setting userns2 failed" }, { "--pidns", "Setting pidns failed" },
};

_Noreturn static void
closed_die (const char *option, const char *text)
{
  const char *why = strerror (errno);

  for (size_t i = 0; i < sizeof closed / sizeof closed[0]; i++)
    if (strcmp (option, closed[i].option) == 0)
      appbox_die ("%s: %s (%s %s)", closed[i].words, why, option, text);
  appbox_die ("Invalid fd: %s %s: %s", option, text, why);
}

int
descriptor_value (const char *option, const char *text)
{
  uint64_t number;
  int fd;

  if (!number_read (text, 10, INT_MAX, &number))
    appbox_die ("Invalid fd: %s\n(%s takes the number of an open descriptor)", text, option);
  fd = (int) number;
  if (fcntl (fd, F_GETFD) < 0)
    closed_die (option, text);
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
