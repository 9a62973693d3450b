/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The wait for the word to start, on both sides.  The sandbox waits when everything is set up, so that its parent's caller can
 * arrange what needs the complete namespaces, a network for example.  The parent meanwhile must not be deaf: a signal that it
 * would pass on to the app has nobody to go to yet, and ends the wait.
 */
#include "sandbox/await.h"

#include <errno.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

int
start_await (Setup *setup)
{
  const SandboxPlan *plan = setup->launch->plan;

  for (size_t i = 0; i < plan->n_records; i++)
    {
      const Record *record = &plan->records[i];
      ssize_t n;
      char byte;

      if (record->kind != RECORD_WAIT_FD)
        continue;
      do
        n = read (record->fd, &byte, 1);
      while (n < 0 && errno == EINTR);
      if (n < 0)
        return fault_set (setup, FAULT_PLAIN, "read", NULL);
      (void) close (record->fd);
    }
  return 0;
}

int
await_parent (const SandboxPlan *plan, int fault_fd, const sigset_t *blocked)
{
  static const int ending[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
  struct pollfd polls[2] = { { .fd = fault_fd, .events = POLLIN }, { .fd = -1, .events = POLLIN } };
  sigset_t set;
  int is_ended;

  if (record_last (plan, RECORD_WAIT_FD) == NULL)
    return 0;
  (void) sigemptyset (&set);
  for (size_t i = 0; i < sizeof ending / sizeof ending[0]; i++)
    if (sigismember (blocked, ending[i]) == 1)      /* others end us, and the sandbox with us */
      (void) sigaddset (&set, ending[i]);
  polls[1].fd = signalfd (-1, &set, SFD_CLOEXEC);
  while (poll (polls, 2, -1) < 0 && errno == EINTR)
    ;
  is_ended = polls[0].revents == 0;
  if (polls[1].fd >= 0)
    (void) close (polls[1].fd);
  return is_ended;
}
