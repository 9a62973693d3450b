/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Joining changes the process that does it for good, and ours must stay as it is.  So a helper process joins and then makes the
 * sandbox's first process as its sibling: a child of ours, like any other.  The helper shares our descriptors, so the
 * pidfd that it gets is ours too; it is gone before we go on.
 *
 * A new pid namespace below one that is joined needs a second helper, a process inside: the kernel makes none for a process
 * that has only chosen where its children go.  What that one sees as the pid of its child is no pid for us.
 */
#include "sandbox/join.h"

#include "sandbox/cgroup-way.h"
#include "sandbox/decimal.h"
#include "sandbox/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct
{
  pid_t second;       /* another helper, which gives another result; 0: none */
  pid_t pid;
  int pidfd;
  int what;
  int saved_errno;
} JoinResult;

/* In this order: the rights over the others come from the user namespace. */
static const struct { SandboxJoin what; int flag; } kinds[] = {
  { SANDBOX_JOIN_USER, CLONE_NEWUSER }, { SANDBOX_JOIN_PID, CLONE_NEWPID }, { SANDBOX_JOIN_NET, CLONE_NEWNET },
};

static int
record_fd (const SandboxPlan *plan, SandboxJoin what)
{
  int fd = -1;

  for (size_t i = 0; i < plan->n_records; i++)
    if (plan->records[i].kind == RECORD_JOIN && plan->records[i].number == (int) what)
      fd = plan->records[i].fd;
  return fd;
}

/* The helper.  Returns 0 in the sandbox's first process. */
static pid_t
join_all (const Launch *launch, JoinResult *result, bool *ret_is_second)
{
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    {
      int fd = record_fd (launch->plan, kinds[i].what);

      result->what = (int) kinds[i].what;
      if (fd >= 0 && setns (fd, kinds[i].flag) < 0)
        return -1;
    }
  result->what = -1;
  if ((launch->joined & (1u << SANDBOX_JOIN_PID)) != 0 && (launch->namespaces & CLONE_NEWPID) != 0)
    {
      result->second = (pid_t) syscall (SYS_clone, (unsigned long) (CLONE_FILES | CLONE_PARENT), 0UL, 0UL, 0UL, 0UL);
      if (result->second != 0)
        return -1;
      *ret_is_second = true;
    }
  /* Rights over another user namespace make the kernel careful, and our own files in /proc would be root's. */
  if (prctl (PR_SET_DUMPABLE, 1) < 0)
    return -1;
  return kernel_clone_sibling (launch->namespaces, launch->group != NULL ? launch->group->dir_fd : -1, &result->pidfd);
}

/* The pid of a process as we see it. */
static pid_t
pidfd_pid (int pidfd)
{
  char path[64];
  char text[1024];
  const char *line;
  ssize_t n;
  int fd;

  (void) decimal_append (text_append (path, "/proc/self/fdinfo/"), (unsigned) pidfd);
  fd = open (path, O_RDONLY | O_CLOEXEC);
  n = fd < 0 ? -1 : read (fd, text, sizeof text - 1);
  if (fd >= 0)
    (void) close (fd);
  text[n > 0 ? n : 0] = '\0';
  line = strstr (text, "Pid:");
  return line != NULL ? (pid_t) strtol (line + 4, NULL, 10) : -1;
}

/* Wait for a helper and read what it said; nothing when it was killed. */
static void
helper_collect (pid_t helper, int fd, JoinResult *result)
{
  while (waitpid (helper, NULL, 0) < 0 && errno == EINTR)
    ;
  if (read (fd, result, sizeof *result) < 0)
    result->pid = -1;
}

pid_t
join_clone (const Launch *launch, int *ret_pidfd, int *ret_what)
{
  JoinResult result = { .pid = -1, .pidfd = -1, .what = -1, .saved_errno = EIO };
  int first[2];
  int second[2];
  pid_t helper;

  *ret_what = -1;
  if (pipe2 (first, O_CLOEXEC | O_NONBLOCK) < 0)
    return -1;
  if (pipe2 (second, O_CLOEXEC | O_NONBLOCK) < 0)
    second[0] = second[1] = -1;         /* then what the second helper says is lost, and that is a failure */
  helper = (pid_t) syscall (SYS_clone, (unsigned long) (CLONE_FILES | SIGCHLD), 0UL, 0UL, 0UL, 0UL);
  if (helper == 0)
    {
      bool is_second = false;

      result.pid = join_all (launch, &result, &is_second);
      if (result.pid == 0)
        return 0;
      result.saved_errno = errno;
      _exit (write (is_second ? second[1] : first[1], &result, sizeof result) == (ssize_t) sizeof result ? 0 : 1);
    }
  if (helper < 0)
    result.saved_errno = errno;
  else
    helper_collect (helper, first[0], &result);
  if (result.second > 0)
    {
      helper_collect (result.second, second[0], &result);
      result.pid = result.pid > 0 ? pidfd_pid (result.pidfd) : -1;
    }
  for (int i = 0; i < 2; i++)
    {
      (void) close (first[i]);
      if (second[i] >= 0)
        (void) close (second[i]);
    }
  *ret_pidfd = result.pidfd;
  *ret_what = result.what;
  errno = result.saved_errno;
  return result.pid;
}
