/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/terminal.h"

#include "sandbox/plan-build.h"
#include "sandbox/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif

typedef struct
{
  int master, app, control[2];
} Ends;

static void
ends_close (const Ends *ends)
{
  const int fds[] = { ends->master, ends->app, ends->control[0], ends->control[1] };

  for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
    if (fds[i] >= 0)
      (void) close (fds[i]);
}

/* The other end comes from the kernel and not by a name (Linux 4.13), so it does not matter what is mounted on /dev/pts. */
static int
ends_open (Ends *ends)
{
  int unlock = 0;

  ends->master = fd_raise (open ("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (ends->master < 0 || ioctl (ends->master, TIOCSPTLCK, &unlock) < 0)
    return -1;
  ends->app = fd_raise (ioctl (ends->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (ends->app < 0 || socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends->control) < 0)
    return -1;
  for (int i = 0; i < 2; i++)
    ends->control[i] = fd_raise (ends->control[i]);
  return ends->control[0] < 0 || ends->control[1] < 0 ? -1 : 0;
}

/* The new terminal begins as the caller's is, or with 24 lines of 80. */
static void
modes_copy (const Terminal *terminal, int app_fd)
{
  struct winsize size = { .ws_row = 24, .ws_col = 80 };

  if (terminal->is_terminal)
    (void) tcsetattr (app_fd, TCSANOW, &terminal->saved);
  if (ioctl (STDIN_FILENO, TIOCGWINSZ, &size) < 0)
    (void) ioctl (STDOUT_FILENO, TIOCGWINSZ, &size);
  (void) ioctl (app_fd, TIOCSWINSZ, &size);
}

int
terminal_begin (Terminal *terminal, int *ret_app_fd, SandboxError *error)
{
  Ends ends = { -1, -1, { -1, -1 } };

  terminal->is_terminal = tcgetattr (STDIN_FILENO, &terminal->saved) == 0;
  if (ends_open (&ends) == 0)
    {
      modes_copy (terminal, ends.app);
      terminal->keeper = fork ();
    }
  else
    terminal->keeper = -1;
  if (terminal->keeper == 0)
    {
      /* The app's end stays open too: without it the master would report an end whenever the app has it closed. */
      const int kept[] = { ends.master, ends.control[0], ends.app };
      Keeper keeper = { .input_fd = fcntl (STDIN_FILENO, F_GETFD) < 0 ? -1 : STDIN_FILENO,
                        .output_fd = fcntl (STDOUT_FILENO, F_GETFD) < 0 ? -1 : STDOUT_FILENO,
                        .master_fd = 3, .control_fd = 4, .is_terminal = terminal->is_terminal, .saved = terminal->saved };

      if (program_keep_only (kept, sizeof kept / sizeof kept[0]) == 0)
        keeper_run (&keeper);
      _exit (0);
    }
  if (terminal->keeper < 0)
    {
      terminal->keeper = 0;
      error->saved_errno = errno;
      (void) snprintf (error->message, sizeof error->message, "cannot make a terminal for the app: %s; is /dev/pts mounted?",
                       strerror (errno));
      ends_close (&ends);
      return -1;
    }
  (void) close (ends.master);
  (void) close (ends.control[0]);
  terminal->control_fd = ends.control[1];
  *ret_app_fd = ends.app;
  return 0;
}

/* From the background too. */
static void
modes_restore (const Terminal *terminal)
{
  sigset_t set;
  sigset_t before;

  (void) sigemptyset (&set);
  (void) sigaddset (&set, SIGTTOU);
  (void) sigprocmask (SIG_BLOCK, &set, &before);
  (void) tcsetattr (STDIN_FILENO, TCSANOW, &terminal->saved);     /* it may be gone */
  (void) sigprocmask (SIG_SETMASK, &before, NULL);
}

void
terminal_end (Terminal *terminal)
{
  int status = 0;
  pid_t pid;

  if (terminal->keeper == 0)
    return;
  (void) close (terminal->control_fd);
  (void) kill (terminal->keeper, SIGCONT);
  /* One that stops is in the background and wants the terminal; it does not get it any more. */
  do
    {
      pid = waitpid (terminal->keeper, &status, WUNTRACED);
      if (pid > 0 && WIFSTOPPED (status))
        (void) kill (terminal->keeper, SIGKILL);
    }
  while ((pid < 0 && errno == EINTR) || (pid > 0 && WIFSTOPPED (status)));
  if (pid > 0 && WIFSIGNALED (status) && terminal->is_terminal)
    modes_restore (terminal);
  terminal->keeper = 0;
}

void
terminal_pause (const Terminal *terminal)
{
  const char word = TERMINAL_PAUSE;
  int status;

  if (terminal->keeper != 0 && send (terminal->control_fd, &word, 1, MSG_NOSIGNAL) == 1)
    while (waitpid (terminal->keeper, &status, WUNTRACED | WNOWAIT) < 0 && errno == EINTR)
      ;
}

void
terminal_resume (const Terminal *terminal)
{
  if (terminal->keeper != 0)
    (void) kill (terminal->keeper, SIGCONT);
}
