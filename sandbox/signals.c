/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/signals.h"

#include "sandbox/beside.h"
#include "sandbox/kernel.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

const int signals_passed[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU, 0 };

void
signals_stop_self (void)
{
  const struct sigaction usual = { .sa_handler = SIG_DFL };
  struct sigaction before;
  sigset_t set;

  (void) sigemptyset (&set);
  (void) sigaddset (&set, SIGTSTP);
  (void) sigaction (SIGTSTP, &usual, &before);
  (void) raise (SIGTSTP);
  (void) sigprocmask (SIG_UNBLOCK, &set, NULL);   /* stops here */
  (void) sigprocmask (SIG_BLOCK, &set, NULL);
  (void) sigaction (SIGTSTP, &before, NULL);
}

typedef enum
{
  ANSWER_USUAL,         /* what the kernel does with a signal that nobody asks for */
  ANSWER_OWN,           /* it catches or ignores it, or nobody can tell: then that is its own affair */
  ANSWER_BLOCKED,
} Answer;

static Answer
answer_read (pid_t pid, int number)
{
  static const struct { const char *line; Answer answer; } masks[] = {
    { "SigBlk:", ANSWER_BLOCKED }, { "SigIgn:", ANSWER_OWN }, { "SigCgt:", ANSWER_OWN },
  };
  Answer answer = ANSWER_OWN;
  char path[32];
  char line[256];
  FILE *status;

  (void) snprintf (path, sizeof path, "/proc/%d/status", (int) pid);
  status = fopen (path, "re");
  /* In the order of the table, as the kernel writes them. */
  while (status != NULL && fgets (line, sizeof line, status) != NULL)
    for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++)
      if (strncmp (line, masks[i].line, strlen (masks[i].line)) == 0)
        {
          bool is_set = (strtoull (line + strlen (masks[i].line), NULL, 16) >> (number - 1) & 1) != 0;

          answer = is_set ? masks[i].answer : i == 0 ? ANSWER_USUAL : answer;
        }
  if (status != NULL)
    (void) fclose (status);
  return answer;
}

/* A shell blocks all signals while it starts a command; who goes on blocking one takes it by other means (signalfd). */
static bool
is_handled (pid_t pid, int number)
{
  const struct timespec moment = { .tv_nsec = 2000000 };
  Answer answer = answer_read (pid, number);

  for (int i = 0; answer == ANSWER_BLOCKED && i < 10; i++)
    {
      (void) nanosleep (&moment, NULL);
      answer = answer_read (pid, number);
    }
  return answer != ANSWER_USUAL;
}

/* What the kernel would do with a process that is not pid 1. */
static int
usual_do (const SandboxProcess *process, int number)
{
  switch (number)
    {
    case SIGWINCH:
    case SIGCONT:
      return 0;
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
      (void) kernel_pidfd_send_signal (process->pidfd, SIGSTOP);
      beside_pause (process->beside);
      signals_stop_self ();
      beside_resume (process->beside);
      (void) kernel_pidfd_send_signal (process->pidfd, SIGCONT);
      return 0;
    default:
      (void) kernel_pidfd_send_signal (process->pidfd, SIGKILL);
      return number;
    }
}

/* To all of the app's process group, which init leads (and is told by SI_QUEUE), or the app itself.  It has not been waited for, so
 * the number is still its own. */
static void
group_tell (const SandboxProcess *process, int number, bool is_direct)
{
  if (is_direct)
    (void) kill (-process->pid, number);
  else
    (void) sigqueue (process->pid, number, (union sigval) { .sival_int = 0 });
}

int
signals_pass (int signal_fd, const SandboxProcess *process, bool is_direct, bool has_terminal)
{
  struct signalfd_siginfo info;
  int number;

  if (read (signal_fd, &info, sizeof info) != (ssize_t) sizeof info)
    return 0;
  number = (int) info.ssi_signo;
  if (is_direct && !is_handled (process->pid, number))
    return usual_do (process, number);
  if (info.ssi_code != SI_KERNEL)
    (void) kernel_pidfd_send_signal (process->pidfd, number);    /* the sandbox may just have ended */
  else if (!has_terminal && getsid (process->pid) != getsid (0))
    group_tell (process, number, is_direct);
  return 0;
}
