/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pid 1 of a sandbox: starts the app, reaps, forwards signals, kills what is left when the app has ended, reports its status,
 * and ends.  So who has read the status knows that nothing of the app runs any more, and need not wait for the kernel
 * to take the namespaces down.
 *
 * Arguments: [0] name, [1] "FAULT STATUS FILTERS HELD" (numbers of descriptors: two pipes, a file of filters (filters.c) or 0,
 * and the first of those that are held for the life of the sandbox), [2] the working directory or "", [3] flags
 * (start.h), [4] the program, [5...] its arguments.
 * The environment is the app's.  It runs without capabilities and under the app's own filter, and is not
 * dumpable, so that nothing inside can look at it, although it has the same user id.
 *
 * Stopping and continuing are reported too: an app may stop itself, and its process group with it, but Landlock
 * (scope.h) keeps that signal from our parent.
 *
 * A signal is forwarded only when it comes from outside (the sender's pid is 0 then) and from a process.  What
 * a terminal sends, it sends to the app as well.
 */
#include "sandbox/fault.h"
#include "sandbox/init/system.h"
#include "sandbox/start.h"

#include <asm/signal.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/filter.h>
#include <linux/poll.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/wait.h>

#define SIGNAL_SET_SIZE 8
#define PATH_LENGTH 4096
#define STATUS_LOST 125
/* Where close_range is refused; a plan with more to hold is refused before (launch-check.c). */
#define HELD_MAX 256

typedef struct
{
  int number, error, code, padding;
  int sender;
  int rest[27];
} SignalInfo;

typedef struct
{
  char **argv;
  char **env;
  const char *cwd;
  const char *program;
  int flags;
  int fault_fd;
  int status_fd;
  int filters_fd;
  int held_fd;
} InitTask;

void init_main (long *stack);

/* The kernel starts a program with the argument count at the stack pointer. */
#if defined(__x86_64__)
__asm__ (".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall init_main\n\thlt\n");
#elif defined(__aarch64__)
__asm__ (".globl _start\n_start:\n\tmov x29, #0\n\tmov x30, #0\n\tmov x0, sp\n\tbl init_main\n\tbrk #0\n");
#endif

static void
process_exit (int status)
{
  for (;;)
    (void) system_call (__NR_exit_group, status, 0, 0, 0, 0);
}

static const char *
number_parse (const char *text, int *ret_number)
{
  int number = 0;

  for (; *text >= '0' && *text <= '9'; text++)
    number = number * 10 + (*text - '0');
  *ret_number = number;
  return *text == ' ' ? text + 1 : text;
}

static const char *
variable_get (char **env, const char *name)
{
  for (; *env != 0; env++)
    {
      const char *a = *env;
      const char *b = name;

      while (*b != '\0' && *a == *b)
        a++, b++;
      if (*b == '\0' && *a == '=')
        return a + 1;
    }
  return 0;
}

static int
is_path (const char *name)
{
  for (; *name != '\0'; name++)
    if (*name == '/')
      return 1;
  return 0;
}

static int
file_exists (const char *path)
{
  return system_call (__NR_faccessat, AT_FDCWD, (long) path, 0, 0, 0) == 0;
}

static long
program_execute (const InitTask *task, const char *path)
{
  return system_call (__NR_execve, (long) path, (long) task->argv, (long) task->env, 0, 0);
}

/* Write "DIRECTORY/NAME", cut to fit, and return where the next directory of a PATH begins. */
static const char *
candidate_write (char *candidate, const char *rest, const char *name)
{
  long length = 0;

  for (; *rest != ':' && *rest != '\0'; rest++)
    if (length < PATH_LENGTH - 2)
      candidate[length++] = *rest;
  if (length == 0)
    candidate[length++] = '.';
  candidate[length++] = '/';
  for (; *name != '\0' && length < PATH_LENGTH - 1; name++)
    candidate[length++] = *name;
  candidate[length] = '\0';
  return rest;
}

/* Try argv[0] in every directory of PATH.  Returns a negative errno: that of a file which is there but cannot be
 * executed, rather than that of the last directory. */
static long
path_execute (const InitTask *task, char *candidate, int *ret_found)
{
  const char *rest = variable_get (task->env, "PATH");
  long result = -ENOENT;

  for (rest = rest != 0 ? rest : "/usr/bin:/bin"; ; rest++)
    {
      long error;

      rest = candidate_write (candidate, rest, task->program);
      error = program_execute (task, candidate);
      if (error == -EACCES)
        result = error;
      else if ((error != -ENOENT && error != -ENOTDIR) || file_exists (candidate))
        {
          *ret_found = 1;
          return error;
        }
      if (*rest == '\0')
        {
          *ret_found = result == -EACCES;
          return result;
        }
    }
}

static void
fault_report (const InitTask *task, const char *call, const char *name, long error, int is_found)
{
  Fault fault;
  char *bytes = (char *) &fault;

  for (unsigned i = 0; i < sizeof fault; i++)
    bytes[i] = 0;
  fault.step = FAULT_STEP_EXEC;
  fault.record = -1;
  fault.kind = error == -ENOENT && is_found ? FAULT_EXEC_LOADER : FAULT_EXEC;
  fault.saved_errno = (int32_t) -error;
  for (unsigned i = 0; i < sizeof fault.call - 1 && call[i] != '\0'; i++)
    fault.call[i] = call[i];
  for (unsigned i = 0; i < sizeof fault.path - 1 && name[i] != '\0'; i++)
    fault.path[i] = name[i];
  (void) system_call (__NR_write, task->fault_fd, (long) &fault, sizeof fault, 0, 0);
}

/* `text`: room for a path.  Where the directory has no name, a PWD would be wrong, and there is none. */
static void
pwd_write (const InitTask *task, char *text)
{
  static const char name[] = "PWD=";
  char **env = task->env;

  while (*env != 0 && !(env[0][0] == 'P' && env[0][1] == 'W' && env[0][2] == 'D' && env[0][3] == '='))
    env++;
  if (*env == 0)
    return;
  for (unsigned i = 0; i < sizeof name; i++)
    text[i] = name[i];
  if (system_call (__NR_getcwd, (long) (text + 4), PATH_LENGTH - 4, 0, 0, 0) > 0 && text[4] == '/')
    *env = text;
  else
    for (; *env != 0; env++)
      env[0] = env[1];
}

/* Returns 0, or a negative errno where no other directory will do. */
static long
directory_enter (const InitTask *task)
{
  const char *home = variable_get (task->env, "HOME");
  long error = 0;

  if (task->cwd[0] != '\0')
    error = system_call (__NR_chdir, (long) task->cwd, 0, 0, 0, 0);
  if ((task->cwd[0] != '\0' && error == 0) || (task->flags & SANDBOX_START_STRICT_CWD) != 0)
    return error;
  if (home != 0 && home[0] == '/' && system_call (__NR_chdir, (long) home, 0, 0, 0, 0) == 0)
    return 0;
  (void) system_call (__NR_chdir, (long) "/", 0, 0, 0, 0);
  return 0;
}

static void
filters_fail (const InitTask *task, long error)
{
  fault_report (task, "seccomp", "", error < 0 ? error : -EIO, 1);
  process_exit (STATUS_LOST);
}

/* All of them are read before the first is loaded, which may forbid to read.  Returns their end. */
static char *
filters_read (const InitTask *task, char **ret_begin)
{
  long size = system_call (__NR_lseek, task->filters_fd, 0, 2, 0, 0);
  long begin = system_call (__NR_brk, 0, 0, 0, 0, 0);
  long n;

  if (size < 0 || system_call (__NR_brk, begin + size, 0, 0, 0, 0) != begin + size)
    filters_fail (task, -ENOMEM);
  n = system_call (__NR_pread64, task->filters_fd, begin, size, 0, 0);
  if (n != size)
    filters_fail (task, n);
  (void) system_call (__NR_close, task->filters_fd, 0, 0, 0, 0);
  *ret_begin = (char *) begin;
  return (char *) begin + size;
}

/* The last thing before the program is executed. */
static void
filters_load (const InitTask *task, char *next, const char *end)
{
  while (next < end)
    {
      unsigned long size = *(unsigned long *) (void *) next;
      struct { unsigned short length; struct sock_filter *filter; } program;
      long error;

      program.length = (unsigned short) (size / sizeof (struct sock_filter));
      program.filter = (struct sock_filter *) (void *) (next + sizeof size);
      error = system_call (__NR_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, (long) &program, 0, 0);
      if (error < 0)
        filters_fail (task, error);
      next += sizeof size + size;
    }
}

static void
held_close (const InitTask *task)
{
  if (system_call (__NR_close_range, task->held_fd, ~0U, 0, 0, 0) < 0)
    for (int fd = task->held_fd; fd < task->held_fd + HELD_MAX; fd++)
      (void) system_call (__NR_close, fd, 0, 0, 0, 0);
}

/* The child: becomes the app.  The working directory is entered here and no earlier, where no descriptor of
 * the host is open that a link could name (CVE-2024-21626). */
static void __attribute__ ((noinline))
app_become (const InitTask *task, char *candidate)
{
  char pwd[PATH_LENGTH];
  unsigned long none = 0;
  char *filters = 0;
  char *filters_end = 0;
  int is_found = 0;
  long error;

  (void) system_call (__NR_close, task->status_fd, 0, 0, 0, 0);
  (void) system_call (__NR_fcntl, task->fault_fd, F_SETFD, 1, 0, 0);
  if (task->filters_fd > 0)
    filters_end = filters_read (task, &filters);
  /* Not for the app, which must not find it from its working directory either. */
  if ((task->flags & SANDBOX_START_AS_PID_1) == 0)
    held_close (task);
  /* In a pid namespace of our own the kernel sees to that. */
  if ((task->flags & INIT_SHARED_PIDS) != 0)
    (void) system_call (__NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  error = directory_enter (task);
  if (error < 0)
    {
      fault_report (task, "chdir", task->cwd, error, 1);
      process_exit (STATUS_LOST);
    }
  if ((task->flags & SANDBOX_START_SET_PWD) != 0)
    pwd_write (task, pwd);
  (void) system_call (__NR_rt_sigprocmask, SIG_SETMASK, (long) &none, 0, SIGNAL_SET_SIZE, 0);
  filters_load (task, filters, filters_end);
  if (is_path (task->program))
    {
      error = program_execute (task, task->program);
      is_found = file_exists (task->program);
    }
  else
    error = path_execute (task, candidate, &is_found);
  fault_report (task, "execve", task->program, error, is_found);
  process_exit (error == -ENOENT && !is_found ? 127 : 126);
}

/* Where the pid namespace is the caller's, what is left is not ours alone to kill. */
static void
others_end (const InitTask *task)
{
  if ((task->flags & INIT_SHARED_PIDS) != 0)
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
      if (pid <= 0)
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

  (void) system_call (__NR_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
  (void) system_call (__NR_prctl, PR_SET_NAME, (long) "nacelle-init", 0, 0, 0);
  (void) system_call (__NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  /* If the parent died before that took effect, its end of the pipe is gone. */
  if (system_call (__NR_ppoll, (long) &reader, 1, (long) &now, 0, 0) == 1 && (reader.revents & POLLERR) != 0)
    process_exit (STATUS_LOST);
}

/* An odd caller may have ignored signals, which exec keeps.  Those that are ignored on purpose (nohup, background
 * jobs) stay so. */
static void
signals_reset (void)
{
  unsigned long action[4] = { 0, 0, 0, 0 };
  unsigned long all = ~0UL;

  (void) system_call (__NR_rt_sigprocmask, SIG_SETMASK, (long) &all, 0, SIGNAL_SET_SIZE, 0);
  for (int number = 1; number <= 64; number++)
    if (number != SIGHUP && number != SIGINT && number != SIGQUIT)
      (void) system_call (__NR_rt_sigaction, number, (long) action, 0, SIGNAL_SET_SIZE, 0);
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

/* The kernel tells the leader of a session alone that its terminal has hung up. */
static int
leads_session (void)
{
  return system_call (__NR_getsid, 0, 0, 0, 0, 0) == system_call (__NR_getpid, 0, 0, 0, 0, 0);
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

  if (stack[0] < 6)
    process_exit (STATUS_LOST);
  (void) number_parse (number_parse (number_parse (number_parse (argv[1], &task.fault_fd), &task.status_fd), &task.filters_fd),
                       &task.held_fd);
  task.cwd = argv[2];
  (void) number_parse (argv[3], &task.flags);
  task.program = argv[4];
  task.argv = argv + 5;
  task.env = argv + stack[0] + 1;
  privacy_set (&task);
  signals_reset ();
  if ((task.flags & SANDBOX_START_AS_PID_1) != 0)
    app_directly (&task);
  app = app_start (&task);
  if (app < 0)
    {
      fault_report (&task, "clone", task.program, app, 1);
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
        (void) system_call (__NR_kill, app, number, 0, 0, 0);
    }
}
