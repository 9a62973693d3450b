/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fork() and exec() by hand rather than by GLib: the launch path has no main loop, and only here are the
 * descriptors of the child chosen one by one.
 */
#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

#define CAPTURE_MAX (1 << 20)

static void
close_range_or_each (unsigned first, unsigned last)
{
  if (first > last || syscall (SYS_close_range, first, last, 0) == 0)
    return;
  long limit = sysconf (_SC_OPEN_MAX);
  if (limit < 0 || limit > 65536)
    limit = 65536;
  for (unsigned fd = first; fd <= last && fd < (unsigned) limit; fd++)
    (void) close (fd); /* most are not open */
}

static int
compare_ints (const void *a, const void *b)
{
  return *(const int *) a - *(const int *) b;
}

/* Close everything above 2 but `keep` (sorted) and `status_fd`. */
static void
close_others (const int *keep, gsize n_keep)
{
  unsigned next = 3;

  for (gsize i = 0; i < n_keep; i++)
    {
      if (keep[i] < 3)
        continue;
      if ((unsigned) keep[i] > next)
        close_range_or_each (next, (unsigned) keep[i] - 1);
      next = (unsigned) keep[i] + 1;
    }
  close_range_or_each (next, ~0U);
}

/* In the child: report errno over the close-on-exec pipe and end. */
static void
child_fail (int status_fd)
{
  int saved = errno;
  ssize_t ignored = write (status_fd, &saved, sizeof saved);

  (void) ignored; /* the parent then sees an early end of file */
  _exit (127);
}

static void
child_exec (const SpawnRequest *request, const int fds[3], int status_fd, const int *keep, gsize n_keep)
{
  sigset_t none;
  int moved[3];

  if (request->dies_with_us)
    (void) prctl (PR_SET_PDEATHSIG, SIGTERM); /* cannot fail */
  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);
  signal (SIGPIPE, SIG_DFL);
  signal (SIGXFSZ, SIG_DFL);
  signal (SIGCHLD, SIG_DFL);
  /* First above 2, so that no dup2() overwrites what a later one needs. */
  for (int i = 0; i < 3; i++)
    if ((moved[i] = fcntl (fds[i], F_DUPFD, 3)) < 0)
      child_fail (status_fd);
  for (int i = 0; i < 3; i++)
    if (dup2 (moved[i], i) < 0)
      child_fail (status_fd);
  if (request->cwd_fd >= 0 && fchdir (request->cwd_fd) < 0)
    child_fail (status_fd);
  close_others (keep, n_keep);
  for (gsize i = 0; i < request->n_keep_fds; i++)
    (void) fcntl (request->keep_fds[i], F_SETFD, 0); /* a wrong number shows in the program itself */
  if (request->env != NULL)
    execvpe (request->argv[0], (char *const *) request->argv, (char *const *) request->env);
  else
    execvp (request->argv[0], (char *const *) request->argv);
  child_fail (status_fd);
}

/* A descriptor above 2, so that closed standard streams of ours do no harm. */
static int
lift (int fd)
{
  if (fd < 0 || fd > 2)
    return fd;
  int high = fcntl (fd, F_DUPFD_CLOEXEC, 3);
  int saved = errno;
  (void) close (fd);
  errno = saved;
  return high;
}

static gboolean
make_pipe (int pair[2], GError **error)
{
  if (pipe2 (pair, O_CLOEXEC) < 0 || (pair[0] = lift (pair[0])) < 0 || (pair[1] = lift (pair[1])) < 0)
    return error_throw_errno (error, errno, "cannot create a pipe");
  return TRUE;
}

/* What the child wrote before its end: nothing when exec() worked. */
static gboolean
check_started (int status_fd, pid_t pid, const char *program, GError **error)
{
  int child_errno = 0;
  ssize_t n;

  do
    n = read (status_fd, &child_errno, sizeof child_errno);
  while (n < 0 && errno == EINTR);
  if (n != (ssize_t) sizeof child_errno)
    return TRUE;
  while (waitpid (pid, NULL, 0) < 0 && errno == EINTR)
    ;
  if (child_errno == ENOENT)
    return error_throw_code (error, ERROR_NOT_FOUND, "the program '%s' is not installed", program);
  return error_throw_errno (error, child_errno, "cannot execute '%s'", program);
}

/* Milliseconds for poll(). */
static int
time_left (gint64 deadline)
{
  return deadline == 0 ? -1 : (int) CLAMP ((deadline - g_get_monotonic_time ()) / 1000, 0, G_MAXINT);
}

/* Drain both pipes to their ends, keeping at most CAPTURE_MAX bytes of each.  FALSE when `deadline` (0: none) comes before. */
static gboolean
capture (int out_fd, int err_fd, gint64 deadline, GString *out, GString *err)
{
  struct pollfd polls[2] = { { .fd = out_fd, .events = POLLIN }, { .fd = err_fd, .events = POLLIN } };
  GString *texts[2] = { out, err };
  char buffer[16384];

  while (polls[0].fd >= 0 || polls[1].fd >= 0)
    {
      int n = poll (polls, 2, time_left (deadline));

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return n < 0;
      for (int i = 0; i < 2; i++)
        {
          if (polls[i].fd < 0 || polls[i].revents == 0)
            continue;
          ssize_t length = read (polls[i].fd, buffer, sizeof buffer);
          if (length < 0 && errno == EINTR)
            continue;
          if (length <= 0)
            polls[i].fd = -1;
          else if (texts[i]->len < CAPTURE_MAX)
            g_string_append_len (texts[i], buffer, MIN (length, (ssize_t) (CAPTURE_MAX - texts[i]->len)));
        }
    }
  return TRUE;
}

static gboolean
wait_status (pid_t pid, const char *program, int *ret_status, GError **error)
{
  int status;

  while (waitpid (pid, &status, 0) < 0)
    if (errno != EINTR)
      return error_throw_errno (error, errno, "cannot wait for '%s'", program);
  *ret_status = WIFSIGNALED (status) ? 128 + WTERMSIG (status) : WEXITSTATUS (status);
  return TRUE;
}

gboolean
spawn_run (const SpawnRequest *request, int *ret_status, char **ret_output, char **ret_errors, GError **error)
{
  autofd null_fd = -1;
  int status_pipe[2] = { -1, -1 }, out_pipe[2] = { -1, -1 }, err_pipe[2] = { -1, -1 };
  g_autofree int *keep = g_new0 (int, request->n_keep_fds + 1);
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (GString) err = g_string_new (NULL);
  int status = 0;

  /* execvp() may answer EACCES for a program that is nowhere, when PATH has folders that we can't read. */
  if (strchr (request->argv[0], '/') == NULL)
    {
      g_autofree char *found = g_find_program_in_path (request->argv[0]);
      if (found == NULL)
        return error_throw_code (error, ERROR_NOT_FOUND, "the program '%s' is not installed", request->argv[0]);
    }
  null_fd = lift (open ("/dev/null", O_RDWR | O_CLOEXEC));
  if (null_fd < 0)
    return error_throw_errno (error, errno, "cannot open '/dev/null'");
  gboolean ok = make_pipe (status_pipe, error) && make_pipe (out_pipe, error) && make_pipe (err_pipe, error);
  pid_t pid = -1;
  if (ok)
    {
      const int fds[3] = { request->stdin_fd >= 0 ? request->stdin_fd : null_fd,
                           request->stdout_fd >= 0 ? request->stdout_fd : out_pipe[1],
                           request->stderr_fd >= 0 ? request->stderr_fd : err_pipe[1] };
      if (request->n_keep_fds > 0)
        memcpy (keep, request->keep_fds, request->n_keep_fds * sizeof *keep);
      keep[request->n_keep_fds] = status_pipe[1];
      qsort (keep, request->n_keep_fds + 1, sizeof *keep, compare_ints);
      pid = fork ();
      if (pid == 0)
        child_exec (request, fds, status_pipe[1], keep, request->n_keep_fds + 1);
      if (pid < 0)
        ok = error_throw_errno (error, errno, "cannot start '%s'", request->argv[0]);
    }
  file_close_fd (&status_pipe[1]);
  file_close_fd (&out_pipe[1]);
  file_close_fd (&err_pipe[1]);
  ok = ok && check_started (status_pipe[0], pid, request->argv[0], error);
  if (ok)
    {
      gint64 deadline = request->time_limit > 0 ? g_get_monotonic_time () + request->time_limit * G_USEC_PER_SEC : 0;
      gboolean in_time = capture (out_pipe[0], err_pipe[0], deadline, out, err);
      if (!in_time)
        (void) kill (pid, SIGKILL); /* it is our child, so the number is still its own */
      ok = wait_status (pid, request->argv[0], &status, error);
      if (ok && !in_time)
        ok = error_throw (error, "'%s' did not end within %u seconds", request->argv[0], request->time_limit);
    }
  file_close_fd (&status_pipe[0]);
  file_close_fd (&out_pipe[0]);
  file_close_fd (&err_pipe[0]);
  if (!ok)
    return FALSE;
  *ret_status = status;
  if (ret_output != NULL)
    *ret_output = g_strndup (out->str, out->len);
  if (ret_errors != NULL)
    *ret_errors = g_strndup (err->str, err->len);
  return TRUE;
}

/* The last `lines` lines of `text`. */
static const char *
tail (const char *text, int lines)
{
  const char *p = text + strlen (text);

  while (p > text && lines > 0)
    {
      p--;
      if (p > text && p[-1] == '\n')
        lines--;
    }
  return p;
}

gboolean
spawn_check (const SpawnRequest *request, char **ret_output, GError **error)
{
  g_autofree char *output = NULL;
  g_autofree char *errors = NULL;
  int status = 0;

  if (!spawn_run (request, &status, &output, &errors, error))
    return FALSE;
  if (status != 0)
    {
      g_strchomp (errors);
      return error_throw (error, "'%s' failed with status %d%s%s", request->argv[0], status,
                          errors[0] != '\0' ? ": " : "", tail (errors, 6));
    }
  if (ret_output != NULL)
    *ret_output = g_steal_pointer (&output);
  return TRUE;
}

char *
spawn_helper_path (const char *name)
{
  const char *dir = g_getenv ("NACELLE_LIBEXECDIR");

  return g_build_filename (dir != NULL && g_path_is_absolute (dir) ? dir : NACELLE_LIBEXECDIR, name, NULL);
}

char *
spawn_program_path (const char *name)
{
  g_autofree char *helper = spawn_helper_path (name);
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = self != NULL ? g_path_get_dirname (self) : NULL;

  if (folder == NULL || access (helper, X_OK) == 0)
    return g_steal_pointer (&helper);
  return g_build_filename (folder, name, NULL);
}

gboolean
spawn_exec_helper (const char *name, char *const *argv, GError **error)
{
  g_autofree char *path = spawn_helper_path (name);

  execv (path, argv);
  return error_throw_errno (error, errno, "cannot execute Nacelle's own program '%s' (is the installation complete?)",
                            path);
}
