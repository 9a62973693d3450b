/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The process between two terminals; see terminal.h.
 *
 * Nothing is written to the new terminal that it has no room for: then the caller's input has to wait, while what the app
 * prints is still shown.
 */
#include "sandbox/terminal.h"

#include "sandbox/plan-build.h"
#include "sandbox/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { POLL_CONTROL, POLL_SIGNAL, POLL_MASTER, POLL_INPUT, POLL_N };

/* What was typed and not yet passed on. */
typedef struct
{
  char bytes[4096];
  size_t begin, end;
} Typed;

static void
raw_set (const Keeper *keeper)
{
  struct termios raw = keeper->saved;

  if (!keeper->is_terminal)
    return;
  cfmakeraw (&raw);
  (void) tcsetattr (keeper->input_fd, TCSADRAIN, &raw);     /* in the background this stops us until we are not */
}

static void
raw_end (const Keeper *keeper)
{
  sigset_t set;

  if (!keeper->is_terminal)
    return;
  (void) sigemptyset (&set);
  (void) sigaddset (&set, SIGTTOU);
  (void) sigprocmask (SIG_BLOCK, &set, NULL);
  (void) tcsetattr (keeper->input_fd, TCSANOW, &keeper->saved);     /* it may be gone */
  (void) sigprocmask (SIG_UNBLOCK, &set, NULL);
}

static void
size_copy (const Keeper *keeper)
{
  struct winsize size;

  if (ioctl (keeper->input_fd, TIOCGWINSZ, &size) == 0 || ioctl (keeper->output_fd, TIOCGWINSZ, &size) == 0)
    (void) ioctl (keeper->master_fd, TIOCSWINSZ, &size);
}

static void
show (Keeper *keeper, const char *bytes, size_t n)
{
  while (n > 0 && keeper->output_fd >= 0)
    {
      ssize_t written = write (keeper->output_fd, bytes, n);
      struct pollfd room = { .fd = keeper->output_fd, .events = POLLOUT };

      if (written < 0 && errno == EAGAIN)
        (void) poll (&room, 1, -1);
      else if (written < 0 && errno != EINTR)
        keeper->output_fd = -1;     /* nobody looks any more; the app may go on */
      if (written > 0)
        {
          bytes += written;
          n -= (size_t) written;
        }
    }
}

/* Returns false when there is nothing just now. */
static bool
master_read (Keeper *keeper)
{
  char bytes[4096];
  ssize_t n = read (keeper->master_fd, bytes, sizeof bytes);

  if (n > 0)
    show (keeper, bytes, (size_t) n);
  return n > 0;
}

/* poll() sees to it that what has been written on the other side has arrived here. */
static void
master_drain (Keeper *keeper)
{
  struct pollfd state = { .fd = keeper->master_fd, .events = POLLIN };

  while (poll (&state, 1, 0) == 1 && master_read (keeper))
    ;
}

/* The end of a file is typed as the terminal's character for it; in the middle of a line it takes two. */
static void
end_type (const Keeper *keeper, Typed *typed, char last)
{
  struct termios modes;

  typed->begin = typed->end = 0;
  if (tcgetattr (keeper->master_fd, &modes) < 0 || (modes.c_lflag & ICANON) == 0)
    return;
  if (last != '\n')
    typed->bytes[typed->end++] = (char) modes.c_cc[VEOF];
  typed->bytes[typed->end++] = (char) modes.c_cc[VEOF];
}

/* Returns false when the caller's terminal is gone. */
static bool
input_read (Keeper *keeper, Typed *typed, char *last)
{
  ssize_t n = read (keeper->input_fd, typed->bytes, sizeof typed->bytes);

  if (n < 0 && (errno == EINTR || errno == EAGAIN))
    return true;
  if (n <= 0)
    {
      if (!keeper->is_terminal)
        end_type (keeper, typed, *last);
      keeper->input_fd = -1;
      return !keeper->is_terminal;
    }
  typed->begin = 0;
  typed->end = (size_t) n;
  *last = typed->bytes[n - 1];
  return true;
}

static void
typed_write (const Keeper *keeper, Typed *typed)
{
  ssize_t n = write (keeper->master_fd, typed->bytes + typed->begin, typed->end - typed->begin);

  if (n > 0)
    typed->begin += (size_t) n;
}

/* Returns false when all is over. */
static bool
control_read (Keeper *keeper)
{
  char word;
  ssize_t n = read (keeper->control_fd, &word, 1);

  if (n < 0 && errno == EINTR)
    return true;
  master_drain (keeper);
  if (n <= 0)
    return false;
  raw_end (keeper);
  (void) raise (SIGSTOP);
  raw_set (keeper);
  size_copy (keeper);
  return true;
}

static void
signal_read (const Keeper *keeper, int signal_fd)
{
  struct signalfd_siginfo info;

  if (read (signal_fd, &info, sizeof info) != (ssize_t) sizeof info)
    return;
  if (info.ssi_signo == SIGCONT)
    raw_set (keeper);
  size_copy (keeper);
}

static void
keeper_loop (Keeper *keeper, int signal_fd)
{
  struct pollfd polls[POLL_N] = { [POLL_CONTROL] = { .fd = keeper->control_fd, .events = POLLIN },
                                  [POLL_SIGNAL] = { .fd = signal_fd, .events = POLLIN },
                                  [POLL_MASTER] = { .fd = keeper->master_fd } };
  Typed typed = { .begin = 0, .end = 0 };
  char last = '\n';

  for (;;)
    {
      bool is_waiting = typed.begin < typed.end;

      polls[POLL_MASTER].events = (short) (POLLIN | (is_waiting ? POLLOUT : 0));
      polls[POLL_INPUT] = (struct pollfd) { .fd = is_waiting ? -1 : keeper->input_fd, .events = POLLIN };
      if (poll (polls, POLL_N, -1) < 0 && errno != EINTR)
        return;
      if ((polls[POLL_MASTER].revents & POLLIN) != 0)
        (void) master_read (keeper);
      if ((polls[POLL_MASTER].revents & POLLOUT) != 0)
        typed_write (keeper, &typed);
      if (polls[POLL_SIGNAL].revents != 0)
        signal_read (keeper, signal_fd);
      if (polls[POLL_INPUT].revents != 0 && !input_read (keeper, &typed, &last))
        return;
      if (polls[POLL_CONTROL].revents != 0 && !control_read (keeper))
        return;
    }
}

void
keeper_run (Keeper *keeper)
{
  sigset_t set;
  int signal_fd;

  /* Signals for the job are for the sandbox.  To want the terminal in the background stops us, as it would the app. */
  (void) sigfillset (&set);
  (void) sigdelset (&set, SIGTTIN);
  (void) sigdelset (&set, SIGTTOU);
  (void) signal (SIGTTIN, SIG_DFL);
  (void) signal (SIGTTOU, SIG_DFL);
  (void) sigprocmask (SIG_SETMASK, &set, NULL);
  (void) sigemptyset (&set);
  (void) sigaddset (&set, SIGWINCH);
  (void) sigaddset (&set, SIGCONT);
  signal_fd = fd_raise (signalfd (-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (signal_fd < 0 || fcntl (keeper->master_fd, F_SETFL, O_RDWR | O_NONBLOCK) < 0)
    return;
  raw_set (keeper);
  keeper_loop (keeper, signal_fd);
  raw_end (keeper);
}
