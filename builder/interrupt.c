/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/interrupt.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

/* A signal handler has no other way to reach its data. */
static volatile int event_fd = -1;
static volatile sig_atomic_t last_signal;
static unsigned n_users;
static GMutex mutex;   /* of the two, and of `previous` */
static struct sigaction previous[G_N_ELEMENTS (signals)];

static void
on_signal (int number)
{
  int saved_errno = errno;
  const guint64 one = 1;

  last_signal = number;
  if (event_fd >= 0)
    (void) !write (event_fd, &one, sizeof one);
  errno = saved_errno;
}

int
interrupt_begin (GError **error)
{
  struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mutex);

  if (n_users > 0)
    {
      n_users++;
      return event_fd;
    }
  event_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (event_fd < 0)
    {
      error_throw_errno (error, errno, "cannot watch for signals");
      return -1;
    }
  sigemptyset (&action.sa_mask);
  for (gsize i = 0; i < G_N_ELEMENTS (signals); i++)
    {
      sigaction (signals[i], NULL, &previous[i]);
      if (previous[i].sa_handler != SIG_IGN) /* nohup(1) */
        sigaction (signals[i], &action, NULL);
    }
  n_users = 1;
  return event_fd;
}

void
interrupt_end (void)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mutex);

  if (--n_users > 0)
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (signals); i++)
    sigaction (signals[i], &previous[i], NULL);
  int fd = event_fd;
  event_fd = -1;
  close (fd);
}

gboolean
interrupt_pending (void)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mutex);
  struct pollfd wait = { .fd = event_fd, .events = POLLIN };

  return event_fd >= 0 && poll (&wait, 1, 0) > 0;
}

int
interrupt_signal (void)
{
  return last_signal;
}
