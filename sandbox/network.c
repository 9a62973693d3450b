/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The network namespace.
 *
 * It takes the kernel about as long to make as all other namespaces and half of the mounts together.  So a thread of our own
 * makes it, and brings its loopback interface up, while the file system is set up and the old root is taken off; then we join it.
 * The thread borrows our memory and our table of descriptors and ends before anything is executed.  pivot_root(2) changes its root
 * too, at a moment that it does not know, so it names nothing but by a descriptor.  As it shares errno with us too, it calls the
 * kernel without the C library.  Where no thread can be had, the same is done in line, and first; and a caller who wants to know
 * the namespaces before anything else happens (run.h) gets this one from clone with the others.
 */
#include "sandbox/decimal.h"
#include "sandbox/init/system.h"
#include "sandbox/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* More than are ever open at once between here and network_join(), beside those of the plan. */
#define DESCRIPTORS_OF_SETUP 64

static void
network_failed (Setup *setup, const char *call, long error)
{
  setup->network_errno = (int) -error;
  (void) text_append (setup->network_call, call);
}

/* The kernel gives 127.0.0.1 and ::1 to the loopback interface of a new namespace when it comes up. */
static int
loopback_up (Setup *setup)
{
  struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
  long fd = system_call (__NR_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0, 0, 0);
  long result;

  if (fd == -EAFNOSUPPORT)
    return 0;       /* a kernel without IPv4 has nothing to bring up */
  result = fd < 0 ? fd : system_call (__NR_ioctl, fd, SIOCSIFFLAGS, (long) &request, 0, 0);
  if (result < 0)
    network_failed (setup, fd < 0 ? "socket" : "ioctl", result);
  if (fd >= 0)
    (void) system_call (__NR_close, fd, 0, 0, 0, 0);
  return result < 0 ? -1 : 0;
}

/* Returns what the thread ends with; nobody looks at that. */
static int
network_make (void *data)
{
  Setup *setup = data;
  long proc = setup->network_fd;
  long result = (setup->launch->namespaces & CLONE_NEWNET) != 0 ? 0 : system_call (__NR_unshare, CLONE_NEWNET, 0, 0, 0, 0);

  setup->network_fd = -1;
  if (result < 0)
    network_failed (setup, "unshare", result);
  else if (loopback_up (setup) == 0)
    {
      result = system_call (__NR_openat, proc, (long) "self/ns/net", O_RDONLY | O_CLOEXEC, 0, 0);
      if (result < 0)
        network_failed (setup, "open", result);
      else
        setup->network_fd = (int) result;
    }
  (void) system_call (__NR_close, proc, 0, 0, 0, 0);
  return 0;
}

/* The thread, which has time to look after something else first. */
static int
network_thread (void *data)
{
  Setup *setup = data;

  proc_foresee (setup, setup->network_fd);
  return network_make (setup);
}

/* A table of descriptors that two share grows only after every processor has looked away from the old one, which takes the kernel
 * longer than a whole launch.  So it grows before it is shared. */
static void
table_grow (const Setup *setup)
{
  int lowest = fcntl (setup->fault_fd, F_DUPFD_CLOEXEC, 3);
  int highest = lowest < 0 ? -1 : fcntl (setup->fault_fd, F_DUPFD_CLOEXEC, lowest + DESCRIPTORS_OF_SETUP);

  if (lowest >= 0)
    (void) close (lowest);
  if (highest >= 0)
    (void) close (highest);
}

int
network_begin (Setup *setup)
{
  if ((setup->launch->shared & SANDBOX_SHARE_NETWORK) != 0)
    return 0;
  /* For network_make(); without /proc, idmap_write() says so. */
  setup->network_fd = open ("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
  /* Its end sends no signal: init would wonder about it. */
  if ((setup->launch->namespaces & CLONE_NEWNET) == 0)
    {
      table_grow (setup);
      setup->network_pid = clone (network_thread, setup->launch->network_stack + THREAD_STACK_SIZE, CLONE_VM | CLONE_FILES, setup);
    }
  if (setup->network_pid <= 0)
    {
      setup->network_pid = 0;
      (void) network_make (setup);      /* what failed is told by network_join() */
    }
  return 0;
}

int
network_join (Setup *setup)
{
  if ((setup->launch->shared & SANDBOX_SHARE_NETWORK) != 0)
    return 0;
  while (setup->network_pid != 0 && waitpid (setup->network_pid, NULL, __WALL) < 0)
    if (errno != EINTR)
      return fault_set (setup, FAULT_PLAIN, "waitpid", NULL);
  errno = setup->network_errno;
  if (setup->network_fd < 0)
    return fault_set (setup, FAULT_NO_NAMESPACE, setup->network_call, NULL);
  /* In line we are in it already, and this changes nothing. */
  if (setns (setup->network_fd, CLONE_NEWNET) < 0)
    return fault_set (setup, FAULT_NO_NAMESPACE, "setns", NULL);
  (void) close (setup->network_fd);
  return 0;
}

static int
name_set (Setup *setup, const char *name, int (*set) (const char *name, size_t size), const char *call)
{
  if (name == NULL)
    return 0;
  if ((setup->launch->namespaces & CLONE_NEWUTS) == 0)
    {
      errno = EPERM;    /* it would be the host's name that changes */
      return fault_set (setup, FAULT_PLAIN, call, name);
    }
  if (set (name, strlen (name)) < 0)
    return fault_set (setup, FAULT_PLAIN, call, name);
  return 0;
}

int
hostname_set (Setup *setup)
{
  const Record *domain = record_last (setup->launch->plan, RECORD_DOMAIN_NAME);

  if (name_set (setup, setup->launch->hostname, sethostname, "sethostname") < 0)
    return -1;
  return name_set (setup, domain != NULL ? domain->dest : NULL, setdomainname, "setdomainname");
}
