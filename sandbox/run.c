/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The parent's side of a launch.
 *
 * Two pipes lead from the sandbox to us.  The first carries a Fault, or is closed without a word by the exec of
 * the app; the second carries the app's status, from pid 1, and its end without a status means that pid 1
 * was killed.  Both also tell the child that we are alive.
 */
#include "sandbox/run.h"

#include "sandbox/await.h"
#include "sandbox/beside.h"
#include "sandbox/cgroup-way.h"
#include "sandbox/init/system.h"
#include "sandbox/join.h"
#include "sandbox/kernel.h"
#include "sandbox/launch.h"
#include "sandbox/limit-launch.h"
#include "sandbox/moment.h"
#include "sandbox/pipe.h"
#include "sandbox/process.h"
#include "sandbox/sentence.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct
{
  const Launch *launch;
  int fault_fd;
  int status_fd;
  int parents_fds[2];       /* the other ends */
} Child;

/* Before the sandbox goes on.  Without the C library: our memory may still be that of the parent, who is at work. */
static void
child_hold (const Launch *launch)
{
  char byte;

  for (size_t i = 0; i < launch->plan->n_withheld; i++)
    (void) system_call (__NR_close, launch->plan->withheld_fds[i], 0, 0, 0, 0);
  if (launch->hold_fds[0] < 0)
    return;
  (void) system_call (__NR_close, launch->hold_fds[1], 0, 0, 0, 0);
  while (system_call (__NR_read, launch->hold_fds[0], (long) &byte, 1, 0, 0) == -EINTR)
    ;
}

/* Their stacks are the parent's, to be freed when the child has ended. */
static void
threads_await (const Setup *setup)
{
  const pid_t threads[] = { setup->network_pid, setup->leaver_pid };

  for (size_t i = 0; i < sizeof threads / sizeof threads[0]; i++)
    while (threads[i] > 0 && waitpid (threads[i], NULL, __WALL) < 0 && errno == EINTR)
      ;
}

/* The child: never returns. */
static int
child_main (void *data)
{
  const Child *child = data;
  const Launch *launch = child->launch;
  Setup setup = { .launch = launch, .fault_fd = child->fault_fd, .status_fd = child->status_fd, .proc_fd = -1, .base_fd = -1,
                  .root_fd = -1, .stage_fd = -1, .init_fd = -1, .filters_fd = -1, .ruleset_fd = -1, .network_fd = -1,
                  .proc_seen = -1 };

  /* As long as we or a thread of ours had them too, the end of the parent would not show. */
  for (size_t i = 0; i < 2; i++)
    (void) system_call (__NR_close, child->parents_fds[i], 0, 0, 0, 0);
  child_hold (launch);
  moment_pass (launch->plan->timing, MOMENT_CLONED);
  setup_run (&setup);
  threads_await (&setup);
  if (write (setup.fault_fd, &setup.fault, sizeof setup.fault) < 0)
    _exit (125);      /* the parent is gone, nobody is left to be told */
  _exit (125);
}

/* The child can borrow our memory until it becomes init: the kernel then has no page tables to copy, which takes it longer than
 * half of the mounts.  We stand still meanwhile, but for the time when it waits for us (hold_fds).  Not where something is to be done
 * later, nor where the child would change us: it makes itself dumpable (idmap.c), and that lies in the memory.  AddressSanitizer
 * knows one stack a thread. */
static bool
can_borrow (const Launch *launch)
{
#ifdef __SANITIZE_ADDRESS__
  return false;
#else
  return !launch->is_held && launch->limit_fds[0] < 0 && launch->joined == 0 && record_last (launch->plan, RECORD_WAIT_FD) == NULL
         && prctl (PR_GET_DUMPABLE) == 1;
#endif
}

static pid_t
child_clone (Launch *launch, Child *child, int *ret_pidfd, int *ret_joined)
{
  pid_t pid;

  if (can_borrow (launch))
    launch->late = namespaces_late (launch);
  if (can_borrow (launch))
    return kernel_clone_borrowing (launch->namespaces & ~launch->late, child_main, child, launch->stack + LAUNCH_STACK_SIZE,
                                   launch->hold_fds[0] < 0 ? NULL : &launch->borrowing, ret_pidfd);
  if (launch->joined != 0)
    pid = join_clone (launch, ret_pidfd, ret_joined);
  else
    pid = kernel_clone_into (launch->namespaces, launch->group != NULL ? launch->group->dir_fd : -1, ret_pidfd);
  if (pid == 0)
    (void) child_main (child);
  return pid;
}

/* Returns -1 with an error. */
static pid_t
process_clone (Launch *launch, Child *child, int *ret_pidfd, SandboxError *ret_error)
{
  int joined = -1;
  pid_t pid = child_clone (launch, child, ret_pidfd, &joined);

  if (pid < 0 && joined >= 0)
    join_sentence (joined, errno, ret_error);
  else if (pid < 0)
    clone_sentence (errno, ret_error);
  return pid;
}

/* Returns 1 with a fault, 0 at the end of the pipe. */
static int
fault_read (int fd, Fault *ret_fault)
{
  size_t used = 0;

  while (used < sizeof *ret_fault)
    {
      ssize_t n = read (fd, (char *) ret_fault + used, sizeof *ret_fault - used);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return 0;
      used += (size_t) n;
    }
  return 1;
}

/* Our end is the last to be closed: then the child goes on, and no handler of the caller may run before it is through with our
 * memory. */
static void
hold_end (Launch *launch)
{
  sigset_t all;
  sigset_t before;

  if (launch->hold_fds[0] < 0)
    return;
  (void) sigfillset (&all);
  (void) sigprocmask (SIG_SETMASK, &all, &before);
  (void) close (launch->hold_fds[0]);
  (void) system_call (__NR_close, launch->hold_fds[1], 0, 0, 0, 0);
  kernel_borrowed_wait (&launch->borrowing);
  (void) sigprocmask (SIG_SETMASK, &before, NULL);
}

static int
pipes_make (int fault_pipe[2], int status_pipe[2], SandboxError *ret_error)
{
  if (pipe_above (fault_pipe) < 0)
    return error_sentence (ret_error, errno, "cannot make a pipe to the sandbox: %s", strerror (errno));
  if (pipe_above (status_pipe) == 0)
    return 0;
  (void) error_sentence (ret_error, errno, "cannot make a pipe to the sandbox: %s", strerror (errno));
  (void) close (fault_pipe[0]);
  (void) close (fault_pipe[1]);
  return -1;
}

/* What is done from outside before the app may start.  On failure the sandbox is ended. */
static int
launch_attend (Launch *launch, SandboxProcess *process, int fault_fd, SandboxMadeFunction made, void *context,
               const sigset_t *blocked, SandboxError *ret_error)
{
  if (beside_made (process->beside, launch, process->pid, ret_error) < 0)
    {
      process_end (process);        /* before it goes on */
      hold_end (launch);
      return -1;
    }
  if (made != NULL)
    made (context, process->pid);
  hold_end (launch);
  if (limits_place (launch, process, fault_fd, ret_error) < 0)
    {
      process_end (process);
      return -1;
    }
  if (await_parent (launch->plan, fault_fd, blocked))
    {
      process_end (process);
      return error_sentence (ret_error, EINTR, "ended by a signal while the sandbox waited for the word to start");
    }
  return 0;
}

/* The end of a launch whose sandbox never was. */
static int
launch_abandon (Launch *launch, Beside *beside)
{
  hold_end (launch);
  beside_end (beside);
  cgroup_end (launch->group);
  return -1;
}

static int
launch_start (Launch *launch, Beside *beside, SandboxMadeFunction made, void *context, SandboxProcess *ret_process,
              SandboxError *ret_error)
{
  SandboxProcess process = { .pid = -1, .pidfd = -1, .status_fd = -1, .group = launch->group, .beside = beside };
  int fault_pipe[2];
  int status_pipe[2];
  sigset_t all;
  sigset_t before;
  Fault fault;
  int result;

  if (pipes_make (fault_pipe, status_pipe, ret_error) < 0)
    return launch_abandon (launch, beside);
  moment_pass (launch->plan->timing, MOMENT_PREPARED);
  /* No handler of the caller may run in the child. */
  (void) sigfillset (&all);
  (void) sigprocmask (SIG_SETMASK, &all, &before);
  process.pid = process_clone (launch, &(Child) { launch, fault_pipe[1], status_pipe[1], { fault_pipe[0], status_pipe[0] } },
                               &process.pidfd, ret_error);
  (void) sigprocmask (SIG_SETMASK, &before, NULL);
  (void) close (fault_pipe[1]);
  (void) close (status_pipe[1]);
  process.status_fd = status_pipe[0];
  if (process.pid < 0)
    {
      (void) close (process.status_fd);
      result = launch_abandon (launch, beside);
    }
  else if (launch_attend (launch, &process, fault_pipe[0], made, context, &before, ret_error) < 0)
    result = -1;
  else if (fault_read (fault_pipe[0], &fault) == 0)
    {
      moment_pass (launch->plan->timing, MOMENT_EXECUTED);
      passed_close (launch->plan);
      *ret_process = process;
      result = 0;
    }
  else
    {
      fault_sentence (&fault, launch->plan, ret_error);
      beside_explain (beside, &fault, ret_error);
      process_end (&process);
      result = -1;
    }
  (void) close (fault_pipe[0]);
  return result;
}

int
sandbox_spawn_told (const SandboxPlan *plan, SandboxMadeFunction made, void *context, SandboxProcess *ret_process,
                    SandboxError *ret_error)
{
  Launch launch;
  Beside *beside = NULL;
  const char *why;
  int result;

  if (plan != NULL)
    moment_pass (plan->timing, MOMENT_BEGIN);
  /* A program with the rights of somebody else must not do what its caller says. */
  if (getauxval (AT_SECURE) != 0)
    return error_sentence (ret_error, EPERM, "refused: this program is installed setuid, setgid or with capabilities, and must not be");
  if (sandbox_plan_failed (plan) != NULL)
    return error_sentence (ret_error, EINVAL, "%s", sandbox_plan_failed (plan));
  if (record_last (plan, RECORD_COMMAND) == NULL)
    return error_sentence (ret_error, EINVAL, "there is no command to run in the sandbox");
  if (launch_prepare (&launch, plan) < 0)
    result = error_sentence (ret_error, ENOMEM, "out of memory while the sandbox was prepared");
  else if ((why = launch_check (&launch, made != NULL)) != NULL)
    result = error_sentence (ret_error, EINVAL, "%s", why);
  else if (beside_prepare (&launch, &beside, ret_error) < 0)
    result = -1;
  else if ((made != NULL || launch.is_held) && pipe_above (launch.hold_fds) < 0)
    {
      result = error_sentence (ret_error, errno, "cannot make a pipe to the sandbox: %s", strerror (errno));
      beside_end (beside);
    }
  else if (limits_prepare (&launch, ret_error) < 0)
    {
      hold_end (&launch);
      beside_end (beside);
      result = -1;
    }
  else
    {
      if (launch.hold_fds[0] >= 0 && (launch.shared & SANDBOX_SHARE_NETWORK) == 0)
        launch.namespaces |= CLONE_NEWNET;
      result = launch_start (&launch, beside, made, context, ret_process, ret_error);
    }
  limits_clear (&launch);
  launch_clear (&launch);
  return result;
}

int
sandbox_spawn (const SandboxPlan *plan, SandboxProcess *ret_process, SandboxError *ret_error)
{
  return sandbox_spawn_told (plan, NULL, NULL, ret_process, ret_error);
}
