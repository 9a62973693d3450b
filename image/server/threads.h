/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The threads of a worker.  They are made early, while that is still possible, and wait.
 */
#pragma once

#include "image/server/ops.h"

/* Start `n_threads` threads besides this one and wait until each has done what a thread does to the system at its
 * beginning.  FALSE with errno. */
gboolean worker_threads_start (unsigned n_threads);

/* Let them process requests; `session` has begun. */
void worker_threads_release (struct fuse_session *session, ServedImage *image);

/* Process requests until the mount is gone, and end the process. */
void worker_loop (struct fuse_session *session) G_GNUC_NORETURN;
