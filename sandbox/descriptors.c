/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which files are open when init starts: 0, 1 and 2 of the caller, what the plan passes, and the two
 * pipes to the parent.  Everything else is closed here and not left to close-on-exec, since a single
 * descriptor of the host that survives is a way out (CVE-2024-21626).
 */
#include "sandbox/decimal.h"
#include "sandbox/kernel.h"
#include "sandbox/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A caller may have been started with 0, 1 or 2 closed; an app must not get something else there.  Nor a directory,
 * from which every file of the host could be opened. */
int
descriptors_standard (Setup *setup)
{
  struct stat st;

  for (int fd = 0; fd <= 2; fd++)
    {
      if (fcntl (fd, F_GETFD) < 0 && open ("/dev/null", O_RDWR) < 0)
        return fault_set (setup, FAULT_PLAIN, "open", "/dev/null");
      if (fstat (fd, &st) < 0)
        return fault_set (setup, FAULT_PLAIN, "fstat", NULL);
      if (S_ISDIR (st.st_mode))
        {
          errno = EISDIR;
          return fault_set (setup, FAULT_STANDARD_DIRECTORY, "fstat", fd == 0 ? "input" : fd == 1 ? "output" : "error");
        }
    }
  return 0;
}

static int
raise_above (Setup *setup, int *fd, int lowest)
{
  int raised = fcntl (*fd, F_DUPFD_CLOEXEC, lowest);

  if (raised < 0)
    return fault_set (setup, FAULT_PLAIN, "fcntl", "raise a descriptor");
  *fd = raised;
  return 0;
}

/* Close lowest..highest by reading the list of open descriptors, for kernels before 5.9. */
static int
close_listed (Setup *setup, unsigned lowest, unsigned highest)
{
  int list = openat (setup->proc_fd, "self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  _Alignas (8) char entries[2048];
  long n;

  if (list < 0)
    return fault_set (setup, FAULT_PLAIN, "open", "self/fd");
  while ((n = syscall (SYS_getdents64, list, entries, sizeof entries)) > 0)
    {
      /* struct linux_dirent64: inode 8 bytes, offset 8, length 2, type 1, name. */
      for (char *entry = entries; entry < entries + n; entry += *(unsigned short *) (void *) (entry + 16))
        {
          unsigned fd = 0;
          char *digit = entry + 19;

          for (; *digit >= '0' && *digit <= '9'; digit++)
            fd = fd * 10 + (unsigned) (*digit - '0');
          if (digit != entry + 19 && fd >= lowest && fd <= highest && (int) fd != list && (int) fd != setup->proc_fd)
            (void) close ((int) fd);
        }
    }
  (void) close (list);
  return n < 0 ? fault_set (setup, FAULT_PLAIN, "getdents64", "self/fd") : 0;
}

static int
close_between (Setup *setup, unsigned lowest, unsigned highest)
{
  if (lowest > highest || kernel_close_range (lowest, highest, 0) == 0)
    return 0;
  if (errno != ENOSYS && errno != EPERM)
    return fault_set (setup, FAULT_PLAIN, "close_range", NULL);
  return close_listed (setup, lowest, highest);
}

/* The smallest descriptor >= `from` that stays, or -1. */
static int
next_kept (const Setup *setup, int from)
{
  const SandboxPlan *plan = setup->launch->plan;
  const int own[] = { setup->fault_fd, setup->status_fd, setup->init_fd, setup->proc_fd, setup->filters_fd, setup->ruleset_fd };
  int best = -1;

  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
    if (own[i] >= from && (best < 0 || own[i] < best))
      best = own[i];
  for (size_t i = 0; i < plan->n_records; i++)
    {
      int number = plan->records[i].kind == RECORD_PASS_FD ? plan->records[i].number : setup->launch->held_fds[i];

      if (number >= from && (best < 0 || number < best))
        best = number;
    }
  return best;
}

static int
close_others (Setup *setup)
{
  int from = 3;
  int kept;

  while ((kept = next_kept (setup, from)) >= 0)
    {
      if (close_between (setup, (unsigned) from, (unsigned) kept - 1) < 0)
        return -1;
      from = kept + 1;
    }
  return close_between (setup, (unsigned) from, ~0U);
}

/* Bring the plan's descriptors to their numbers. */
static int
pass_all (Setup *setup, int above)
{
  const SandboxPlan *plan = setup->launch->plan;
  int *fds = setup->launch->pass_fds;

  for (size_t i = 0; i < plan->n_records; i++)
    {
      if (plan->records[i].kind != RECORD_PASS_FD)
        continue;
      fds[i] = plan->records[i].fd;
      if (raise_above (setup, &fds[i], above) < 0)
        return -1;
    }
  for (size_t i = 0; i < plan->n_records; i++)
    if (plan->records[i].kind == RECORD_PASS_FD && dup2 (fds[i], plan->records[i].number) < 0)
      return fault_set (setup, FAULT_PLAIN, "dup2", NULL);
  return 0;
}

static int
clear_close_on_exec (Setup *setup, int fd)
{
  int flags = fcntl (fd, F_GETFD);

  if (flags < 0 || fcntl (fd, F_SETFD, flags & ~FD_CLOEXEC) < 0)
    return fault_set (setup, FAULT_PLAIN, "fcntl", NULL);
  return 0;
}

static int
largest (int a, int b)
{
  return a > b ? a : b;
}

/* Above all others, so that the app's process can close them by one number; returns that. */
static int
hold_all (Setup *setup)
{
  const SandboxPlan *plan = setup->launch->plan;
  int *fds = setup->launch->held_fds;
  int above = largest (largest (setup->fault_fd, setup->status_fd),
                       largest (largest (setup->init_fd, setup->proc_fd), largest (setup->filters_fd, setup->ruleset_fd))) + 1;

  for (size_t i = 0; i < plan->n_records; i++)
    if (fds[i] >= 0)
      {
        if (raise_above (setup, &fds[i], above) < 0)
          return -1;
      }
  return above;
}

/* The numbers that init is told (init/init.c). */
static void
numbers_tell (const Setup *setup, int held)
{
  const int numbers[] = { setup->fault_fd, setup->status_fd, setup->filters_fd < 0 ? 0 : setup->filters_fd, held,
                          setup->leaver_pid };
  char *text = setup->launch->init_argv[1];

  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
    text = decimal_append (i == 0 ? text : text_append (text, " "), (unsigned) numbers[i]);
}

/* What pid 1 keeps over its exec. */
static int
kept_open (Setup *setup)
{
  for (int fd = 0; fd <= 2; fd++)
    if (clear_close_on_exec (setup, fd) < 0)
      return -1;
  if (clear_close_on_exec (setup, setup->fault_fd) < 0 || clear_close_on_exec (setup, setup->status_fd) < 0
      || (setup->filters_fd >= 0 && clear_close_on_exec (setup, setup->filters_fd) < 0))
    return -1;
  for (size_t i = 0; i < setup->launch->plan->n_records; i++)
    if (setup->launch->held_fds[i] >= 0 && clear_close_on_exec (setup, setup->launch->held_fds[i]) < 0)
      return -1;
  return 0;
}

int
descriptors_arrange (Setup *setup)
{
  const SandboxPlan *plan = setup->launch->plan;
  struct rlimit limit;
  struct rlimit raised;
  int above = 3;
  int held;

  if (getrlimit (RLIMIT_NOFILE, &limit) < 0)
    return fault_set (setup, FAULT_PLAIN, "getrlimit", NULL);
  raised = limit;
  raised.rlim_cur = limit.rlim_max;
  (void) setrlimit (RLIMIT_NOFILE, &raised);    /* where it fails, dup will say so */
  for (size_t i = 0; i < plan->n_records; i++)
    if (plan->records[i].kind == RECORD_PASS_FD && plan->records[i].number >= above)
      above = plan->records[i].number + 1;
  if (raise_above (setup, &setup->fault_fd, above) < 0 || raise_above (setup, &setup->status_fd, above) < 0
      || raise_above (setup, &setup->init_fd, above) < 0 || raise_above (setup, &setup->proc_fd, above) < 0
      || (setup->ruleset_fd >= 0 && raise_above (setup, &setup->ruleset_fd, above) < 0)
      || (setup->filters_fd >= 0 && raise_above (setup, &setup->filters_fd, above) < 0))
    return -1;
  held = hold_all (setup);
  if (held < 0 || pass_all (setup, held) < 0 || close_others (setup) < 0)
    return -1;
  (void) close (setup->proc_fd);
  if (kept_open (setup) < 0)
    return -1;
  numbers_tell (setup, held);
  return setrlimit (RLIMIT_NOFILE, &limit) < 0 ? fault_set (setup, FAULT_PLAIN, "setrlimit", NULL) : 0;
}
