/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/enter.h"

#include "sandbox/kernel.h"
#include "sandbox/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/nsfs.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int refused (SandboxError *error, int pid, const char *format, ...) __attribute__ ((format (printf, 3, 4)));

static int
refused (SandboxError *error, int pid, const char *format, ...)
{
  va_list args;
  int used;

  memset (error, 0, sizeof *error);
  error->saved_errno = EPERM;
  used = snprintf (error->message, sizeof error->message, "process %d cannot be joined: ", pid);
  va_start (args, format);
  (void) vsnprintf (error->message + used, sizeof error->message - (size_t) used, format, args);   /* a cut sentence is still one */
  va_end (args);
  return -1;
}

/* The number behind `name` in /proc/PID/status (0: our own); `otherwise` when there is none. */
static uint64_t
status_number (int pid, const char *name, int base, uint64_t otherwise)
{
  char path[64] = "/proc/self/status";
  char line[256];
  uint64_t number = otherwise;
  FILE *status;

  if (pid != 0)
    (void) snprintf (path, sizeof path, "/proc/%d/status", pid);
  status = fopen (path, "re");
  while (status != NULL && fgets (line, sizeof line, status) != NULL)
    if (strncmp (line, name, strlen (name)) == 0 && line[strlen (name)] == ':')
      number = strtoull (line + strlen (name) + 1, NULL, base);
  if (status != NULL)
    (void) fclose (status);
  return number;
}

/* Pid 1 of a sandbox may be held looser than the app that it has started. */
static int
first_child (int pid)
{
  char path[64];
  int child = 0;
  FILE *list;

  (void) snprintf (path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
  list = fopen (path, "re");
  if (list == NULL)
    return 0;
  if (fscanf (list, "%d", &child) != 1)
    child = 0;
  (void) fclose (list);
  return child;
}

/* Since Linux 5.9 they are counted; before, there are some or none. */
static uint64_t
filters_of (int pid)
{
  return status_number (pid, "Seccomp_filters", 10, status_number (pid, "Seccomp", 10, 0) == 2);
}

/* Returns 1 when the user namespace of `pid` was made by this user, from where we are. */
static int
is_ours (int pid)
{
  char path[64];
  struct stat here;
  struct stat above;
  uid_t owner = (uid_t) -1;
  int fd;
  int parent;
  int result;

  (void) snprintf (path, sizeof path, "/proc/%d/ns/user", pid);
  fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return 0;
  parent = ioctl (fd, NS_GET_PARENT);
  result = parent >= 0 && ioctl (fd, NS_GET_OWNER_UID, &owner) == 0 && owner == geteuid () && fstat (parent, &above) == 0
           && stat ("/proc/self/ns/user", &here) == 0 && above.st_ino == here.st_ino && above.st_dev == here.st_dev;
  if (parent >= 0)
    (void) close (parent);
  (void) close (fd);
  return result;
}

int
enter_check (const Launch *launch, SandboxError *error)
{
  const Record *record = record_last (launch->plan, RECORD_ENTER);
  uint64_t own = filters_of (0);
  int pids[2] = { record->number, first_child (record->number) };
  int has_filter = launch->filter != SANDBOX_FILTER_NONE || record_last (launch->plan, RECORD_SECCOMP) != NULL;

  if (!is_ours (record->number))
    return refused (error, record->number, "it is not in a sandbox that this user has started from here");
  for (int i = 0; i < 2 && pids[i] != 0; i++)
    {
      uint64_t bound = status_number (pids[i], "CapBnd", 16, 0);

      if (status_number (pids[i], "NoNewPrivs", 10, 0) != 1)
        return refused (error, record->number, "it may gain rights by executing programs, so it is in no sandbox of this kind");
      if ((launch->capabilities & ~bound) != 0)
        return refused (error, record->number, "its sandbox does not have all of the capabilities that are wanted");
      if (filters_of (pids[i]) > own && !has_filter)
        return refused (error, record->number, "its sandbox has a system call filter, and the command would have none; give one");
    }
  if (kernel_pidfd_send_signal (record->fd, 0) < 0 && errno != EPERM)
    return refused (error, record->number, "it has ended");
  return 0;
}
