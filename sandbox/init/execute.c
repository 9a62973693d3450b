/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From a child of init to the app.  The working directory is entered here and no earlier, where no descriptor of
 * the host is open that a link could name (CVE-2024-21626).
 */
#include "sandbox/init/execute.h"

#include "sandbox/init/system.h"
#include "sandbox/start.h"

#include <asm/signal.h>
#include <asm/statfs.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/filter.h>
#include <linux/magic.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>

/* Where close_range is refused; a plan with more to hold is refused before (launch-check.c). */
#define HELD_MAX 256

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

void
fault_report (const InitTask *task, FaultKind kind, const char *call, const char *name, long error)
{
  Fault fault;
  char *bytes = (char *) &fault;

  for (unsigned i = 0; i < sizeof fault; i++)
    bytes[i] = 0;
  fault.step = FAULT_STEP_EXEC;
  fault.record = -1;
  fault.kind = kind;
  fault.saved_errno = (int32_t) -error;
  for (unsigned i = 0; i < sizeof fault.call - 1 && *call != '\0'; i++)
    fault.call[i] = *call++;
  for (unsigned i = 0; i < sizeof fault.path - 1 && *name != '\0'; i++)
    fault.path[i] = *name++;
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

/* What it is executed as, for SELinux or AppArmor.  The /proc of the sandbox may be anything that the plan has put there. */
static void
label_set (const InitTask *task)
{
  int is_profile = (task->flags & INIT_LABEL_IS_PROFILE) != 0;
  const char *file = is_profile ? "/proc/self/attr/apparmor/exec" : "/proc/self/attr/exec";
  struct statfs fs;
  long length = 0;
  long result;
  long fd;

  if (task->label[0] == '\0')
    return;
  while (task->label[length++] != '\0')
    ;
  fd = system_call (__NR_openat, AT_FDCWD, (long) file, O_WRONLY | O_CLOEXEC, 0, 0);
  result = fd < 0 ? fd : system_call (__NR_fstatfs, fd, (long) &fs, 0, 0, 0);
  if (result >= 0 && fs.f_type != PROC_SUPER_MAGIC)
    result = -EINVAL;
  if (result >= 0)
    result = system_call (__NR_write, fd, (long) task->label, length, 0, 0);
  if (fd >= 0)
    (void) system_call (__NR_close, fd, 0, 0, 0, 0);
  if (result >= 0)
    return;
  fault_report (task, FAULT_EXEC, is_profile ? "profile" : "label", task->label, result);
  process_exit (STATUS_LOST);
}

static void
filters_fail (const InitTask *task, long error)
{
  fault_report (task, FAULT_EXEC, "seccomp", "", error < 0 ? error : -EIO);
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

void
held_close (const InitTask *task)
{
  if (system_call (__NR_close_range, task->held_fd, ~0U, 0, 0, 0) < 0)
    for (int fd = task->held_fd; fd < task->held_fd + HELD_MAX; fd++)
      (void) system_call (__NR_close, fd, 0, 0, 0, 0);
}

void
result_check (const InitTask *task, const char *call, long result)
{
  if (result >= 0)
    return;
  fault_report (task, FAULT_INIT, call, "", result);
  process_exit (STATUS_LOST);
}

static void
app_prepare (const InitTask *task)
{
  unsigned long none = 0;
  long error;

  (void) system_call (__NR_close, task->status_fd, 0, 0, 0, 0);
  result_check (task, "fcntl", system_call (__NR_fcntl, task->fault_fd, F_SETFD, 1, 0, 0));
  /* Not for the app, which must not find it from its working directory either. */
  if ((task->flags & SANDBOX_START_AS_PID_1) == 0)
    held_close (task);
  /* In a pid namespace of our own the kernel sees to that. */
  if ((task->flags & INIT_SHARED_PIDS) != 0)
    result_check (task, "prctl", system_call (__NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0));
  error = directory_enter (task);
  if (error < 0)
    {
      fault_report (task, FAULT_EXEC, "chdir", task->cwd, error);
      process_exit (STATUS_LOST);
    }
  result_check (task, "rt_sigprocmask", system_call (__NR_rt_sigprocmask, SIG_SETMASK, (long) &none, 0, SIGNAL_SET_SIZE, 0));
}

void __attribute__ ((noinline))
app_become (const InitTask *task, char *candidate)
{
  char pwd[PATH_LENGTH];
  char *filters = 0;
  char *filters_end = 0;
  int is_found = 0;
  long error;

  if (task->filters_fd > 0)
    filters_end = filters_read (task, &filters);
  app_prepare (task);
  if ((task->flags & SANDBOX_START_SET_PWD) != 0)
    pwd_write (task, pwd);
  label_set (task);
  filters_load (task, filters, filters_end);
  if (is_path (task->program))
    {
      error = program_execute (task, task->program);
      is_found = file_exists (task->program);
    }
  else
    error = path_execute (task, candidate, &is_found);
  fault_report (task, error == -ENOENT && is_found ? FAULT_EXEC_LOADER : FAULT_EXEC, "execve", task->program, error);
  process_exit (error == -ENOENT && !is_found ? 127 : 126);
}
