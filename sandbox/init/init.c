/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pid 1 of a sandbox: starts the app, reaps, forwards signals, kills what is left when the app has ended, reports its status,
 * and ends.  So who has read the status knows that nothing of the app runs any more, and need not wait for the kernel
 * to take the namespaces down.
 *
 * Arguments: [0] name, [1] "FAULT STATUS FILTERS HELD LEAVER" (numbers of descriptors: two pipes, a file of filters (filters.c) or 0,
 * and the first of those that are held for the life of the sandbox; then the child that takes the old root off (root.c), or 0),
 * [2] the working directory or "", [3] flags (start.h), [4] the label of the app, as the kernel takes it, or "", [5] the program,
 * [6...] its arguments.
 * The environment is the app's.  It runs without capabilities and under the app's own filter, and is not
 * dumpable, so that nothing inside can look at it, although it has the same user id.
 *
 * Stopping and continuing are reported too: an app may stop itself, and its process group with it, but Landlock
 * (scope.h) keeps that signal from our parent.
 *
 * A signal is forwarded only when it comes from outside (the sender's pid is 0 then) and from a process.  What
 * a terminal sends, it sends to the app as well.
 */
#include "sandbox/init/execute.h"
#include "sandbox/init/system.h"
#include "sandbox/start.h"

#include <asm/signal.h>
#include <linux/errno.h>
#include <linux/poll.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/wait.h>

#define QUEUED (-1)     /* SI_QUEUE */

typedef struct
{
  int number, error, code, padding;
  int sender;
  int rest[27];
} SignalInfo;

void init_main (long *stack);

/* The kernel starts a program with the argument count at the stack pointer. */
#if defined(__x86_64__)
__asm__ (".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall init_main\n\thlt\n");
#elif defined(__aarch64__)
__asm__ (".globl _start\n_start:\n\tmov x29, #0\n\tmov x30, #0\n\tmov x0, sp\n\tbl init_main\n\tbrk #0\n");
#endif

/* Digits and what ends them: a space, or the end.  Returns what is behind, or NULL when it is no such number. */
static const char *
number_parse (const char *text, int *ret_number)
{
  int number = 0;
  int n = 0;

  for (; text != 0 && *text >= '0' && *text <= '9' && n < 9; text++, n++)
    number = number * 10 + (*text - '0');
  if (n == 0 || (*text != ' ' && *text != '\0'))
    return 0;
  *ret_number = number;
  return *text == ' ' ? text + 1 : text;
}

/* An app can execute this program too (by a script that begins with “#!/proc/self/exe”), with arguments of its own.  Only the engine's
 * first process is init: by its name, and in a pid namespace of its own by its number.  Who is neither must not kill what it
 * would take for the rest of a sandbox: where the pid namespace is shared, that is all of the user's processes. */
static int
is_init (const char *name, int flags)
{
  static const char wanted[] = INIT_NAME;
  unsigned i = 0;

  while (i < sizeof wanted && name[i] == wanted[i])
    i++;
  return i == sizeof wanted && ((flags & INIT_SHARED_PIDS) != 0 || system_call (__NR_getpid, 0, 0, 0, 0, 0) == 1);
}

static int
task_read (InitTask *task, long n_arguments, char **argv)
{
  const char *rest;

  if (n_arguments < 7 || number_parse (argv[3], &task->flags) == 0 || !is_init (argv[0], task->flags))
    return -1;
  rest = number_parse (argv[1], &task->fault_fd);
  rest = number_parse (rest, &task->status_fd);
  rest = number_parse (rest, &task->filters_fd);
  rest = number_parse (rest, &task->held_fd);
  if (number_parse (rest, &task->leaver) == 0)
    return -1;
  task->cwd = argv[2];
  task->label = argv[4];
  task->program = argv[5];
  task->argv = argv + 6;
  task->env = argv + n_arguments + 1;
  return 0;
}

/* Where the pid namespace is the caller's, what is left is not ours alone to kill.  What the app has left is our child by now, so
 * most often nothing is, and the kernel need not look at each process of the machine; who has joined from outside dies with us. */
static void
others_end (const InitTask *task)
{
  if ((task->flags & INIT_SHARED_PIDS) != 0 || system_call (__NR_wait4, -1, 0, WNOHANG | __WALL, 0, 0) == -ECHILD)
    return;
  (void) system_call (__NR_kill, -1, SIGKILL, 0, 0, 0);
  while (system_call (__NR_wait4, -1, 0, 0, 0, 0) > 0)
    ;
}

/* The parent stops when the app stops, as a shell would see it without us. */
static void
status_report (const InitTask *task, int wait_status)
{
  int number = wait_status & 0x7f;
  AppReport report;

  report.event = APP_ENDED;
  report.status = number != 0 ? 128 + number : (wait_status >> 8) & 0xff;
  if (wait_status == 0xffff)
    report.event = APP_CONTINUED;
  else if ((wait_status & 0xff) == 0x7f)
    report.event = APP_STOPPED;
  if (report.event == APP_ENDED)
    {
      others_end (task);
      held_close (task);        /* the parent does not wait for our end */
    }
  (void) system_call (__NR_write, task->status_fd, (long) &report, sizeof report, 0, 0);
  if (report.event != APP_ENDED)
    return;
  /* The parent has something to look up while we keep our control group alive; its kill is our end. */
  while ((task->flags & INIT_STAYS) != 0)
    (void) system_call (__NR_ppoll, 0, 0, 0, 0, 0);
  process_exit (report.status);
}

static void
children_reap (const InitTask *task, int app)
{
  for (;;)
    {
      int status = 0;
      long pid = system_call (__NR_wait4, -1, (long) &status, WNOHANG | WUNTRACED | WCONTINUED, 0, 0);

      if (pid == app)
        status_report (task, status);
      if (pid < 0)
        process_exit (STATUS_LOST);     /* the app's end would never be seen */
      if (pid == 0)
        return;
    }
}

/* Closed here, so that an app which closes its output is seen to do so. */
static void
descriptors_close (int status_fd)
{
  if (status_fd > 0 && system_call (__NR_close_range, 0, status_fd - 1, 0, 0, 0) < 0)
    for (int fd = 0; fd < status_fd; fd++)
      (void) system_call (__NR_close, fd, 0, 0, 0, 0);
}

static void
privacy_set (const InitTask *task)
{
  struct { int fd; short events, revents; } reader = { task->status_fd, 0, 0 };
  struct { long seconds, nanoseconds; } now = { 0, 0 };

  result_check (task, "prctl", system_call (__NR_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0));
  (void) system_call (__NR_prctl, PR_SET_NAME, (long) INIT_NAME, 0, 0, 0);
  result_check (task, "prctl", system_call (__NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0));
  /* If the parent died before that took effect, its end of the pipe is gone. */
  result_check (task, "ppoll", system_call (__NR_ppoll, (long) &reader, 1, (long) &now, 0, 0));
  if ((reader.revents & POLLERR) != 0)
    process_exit (STATUS_LOST);
}

/* An odd caller may have ignored signals, which exec keeps.  Those that are ignored on purpose (nohup, background
 * jobs) stay so. */
static void
signals_reset (const InitTask *task)
{
  unsigned long action[4] = { 0, 0, 0, 0 };
  unsigned long all = ~0UL;

  result_check (task, "rt_sigprocmask", system_call (__NR_rt_sigprocmask, SIG_SETMASK, (long) &all, 0, SIGNAL_SET_SIZE, 0));
  for (int number = 1; number <= 64; number++)
    if (number != SIGHUP && number != SIGINT && number != SIGQUIT)
      (void) system_call (__NR_rt_sigaction, number, (long) action, 0, SIGNAL_SET_SIZE, 0);
}

/* The engine lets go of the old root beside us (root.c).  No app may begin while it could reach that. */
static void
leaver_await (const InitTask *task)
{
  int status = 0;
  long pid;

  if (task->leaver == 0)
    return;
  do
    pid = system_call (__NR_wait4, task->leaver, (long) &status, __WALL, 0, 0);
  while (pid == -EINTR);
  result_check (task, "wait4", pid);
  result_check (task, "umount2", (status & 0x7f) != 0 ? -EINTR : -((status >> 8) & 0xff));
}

/* The child borrows our memory, until it is the app: a copy of even these few pages takes longer.  It only goes deeper
 * into the stack that we wait on. */
static long
app_start (const InitTask *task)
{
  char candidate[PATH_LENGTH];
  long app = system_call (__NR_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0, 0);

  if (app == 0)
    app_become (task, candidate);
  return app;
}

/* The kernel tells the leader of a session alone that its terminal has hung up; and where nobody of the session is outside, no
 * process stops by SIGTSTP (an orphaned process group). */
static int
leads_session (void)
{
  return system_call (__NR_getsid, 0, 0, 0, 0, 0) == system_call (__NR_getpid, 0, 0, 0, 0, 0);
}

/* What a terminal has sent to our parent, which is in another session (signals.h), is for the whole process group that we lead, and
 * comes to us as well. */
static void
signal_pass (int app, int number, const SignalInfo *info)
{
  int is_leader = leads_session ();

  if (is_leader && number == SIGTSTP)
    number = SIGSTOP;
  else if (is_leader && info->code == QUEUED)
    app = 0;
  if (info->sender != system_call (__NR_getpid, 0, 0, 0, 0, 0))
    (void) system_call (__NR_kill, app, number, 0, 0, 0);
}

/* Without an init: the app is pid 1. */
static void
app_directly (const InitTask *task)
{
  char candidate[PATH_LENGTH];

  app_become (task, candidate);
}

/* Called by _start. */
void
init_main (long *stack)
{
  char **argv = (char **) (stack + 1);
  unsigned long all = ~0UL;
  InitTask task;
  long app;

  if (task_read (&task, stack[0], argv) < 0)
    process_exit (STATUS_LOST);
  privacy_set (&task);
  signals_reset (&task);
  leaver_await (&task);
  if ((task.flags & SANDBOX_START_AS_PID_1) != 0)
    app_directly (&task);
  app = app_start (&task);
  if (app < 0)
    {
      fault_report (&task, FAULT_EXEC, "clone", task.program, app);
      process_exit (STATUS_LOST);
    }
  (void) system_call (__NR_close, task.fault_fd, 0, 0, 0, 0);
  if (task.filters_fd > 0)
    (void) system_call (__NR_close, task.filters_fd, 0, 0, 0, 0);
  descriptors_close (task.status_fd);
  for (;;)
    {
      SignalInfo info;
      long number = system_call (__NR_rt_sigtimedwait, (long) &all, (long) &info, 0, SIGNAL_SET_SIZE, 0);

      if (number == SIGCHLD)
        children_reap (&task, (int) app);
      else if (number == SIGHUP && info.code > 0 && leads_session ())
        (void) system_call (__NR_kill, app, number, 0, 0, 0);
      else if (number > 0 && info.code <= 0 && (info.sender == 0 || (task.flags & INIT_SHARED_PIDS) != 0))
        signal_pass ((int) app, (int) number, &info);
    }
}
