/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/server/threads.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define STACK_SIZE (256 * 1024)

/* Of the process: there is one worker in it. */
static struct
{
  pthread_mutex_t lock;
  pthread_cond_t changed;
  unsigned n_waiting;
  struct fuse_session *session;
  ServedImage *image;
} gate = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, NULL, NULL };

void
worker_loop (struct fuse_session *session)
{
  struct fuse_buf buffer = { 0 };
  int n;

  do
    {
      n = fuse_session_receive_buf (session, &buffer);
      if (n > 0)
        fuse_session_process_buf (session, &buffer);
    }
  while (n > 0 || n == -EINTR);
  /* 0: the mount is gone.  Other threads may be answering; nobody waits for them any more. */
  _exit (n == 0 ? 0 : 1);
}

static void *
thread_run (void *unused)
{
  pthread_mutex_lock (&gate.lock);
  gate.n_waiting++;
  pthread_cond_broadcast (&gate.changed);
  while (gate.session == NULL)
    pthread_cond_wait (&gate.changed, &gate.lock);
  pthread_mutex_unlock (&gate.lock);
  if (!served_image_use (gate.image))
    return NULL; /* the others go on */
  worker_loop (gate.session);
}

gboolean
worker_threads_start (unsigned n_threads)
{
  pthread_attr_t attributes;
  int failure = pthread_attr_init (&attributes);

  if (failure == 0)
    failure = pthread_attr_setstacksize (&attributes, STACK_SIZE);
  for (unsigned i = 0; failure == 0 && i < n_threads; i++)
    {
      pthread_t thread;
      failure = pthread_create (&thread, &attributes, thread_run, NULL);
    }
  errno = failure;
  if (failure != 0)
    return FALSE;
  pthread_mutex_lock (&gate.lock);
  while (gate.n_waiting < n_threads)
    pthread_cond_wait (&gate.changed, &gate.lock);
  pthread_mutex_unlock (&gate.lock);
  return TRUE;
}

void
worker_threads_release (struct fuse_session *session, ServedImage *image)
{
  pthread_mutex_lock (&gate.lock);
  gate.image = image;
  gate.session = session;
  pthread_cond_broadcast (&gate.changed);
  pthread_mutex_unlock (&gate.lock);
}
