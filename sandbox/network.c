/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/kernel.h"
#include "sandbox/setup.h"

#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel gives 127.0.0.1 and ::1 to the loopback interface of a new namespace when it comes up. */
int
network_loopback (Setup *setup)
{
  struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
  int fd;
  int result;

  if ((setup->launch->namespaces & CLONE_NEWNET) == 0)
    return 0;
  fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0 && errno == EAFNOSUPPORT)
    return 0;       /* a kernel without IPv4 has nothing to bring up */
  if (fd < 0)
    return fault_set (setup, FAULT_PLAIN, "socket", NULL);
  result = ioctl (fd, SIOCSIFFLAGS, &request);
  if (result < 0)
    (void) fault_set (setup, FAULT_PLAIN, "ioctl", "lo");
  (void) close (fd);
  return result < 0 ? -1 : 0;
}

int
hostname_set (Setup *setup)
{
  const char *name = setup->launch->hostname;

  if (name == NULL)
    return 0;
  if ((setup->launch->namespaces & CLONE_NEWUTS) == 0)
    {
      errno = EPERM;    /* it would be the host's name that changes */
      return fault_set (setup, FAULT_PLAIN, "sethostname", name);
    }
  if (sethostname (name, strlen (name)) < 0)
    return fault_set (setup, FAULT_PLAIN, "sethostname", name);
  return 0;
}
