/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Order: what needs privileges or paths (the session on the descriptor), then confinement, then the first look at the
 * image.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "image/server/ops.h"
#include "image/server/server.h"
#include "image/server/threads.h"

#define THREADS_IMAGE_SIZE (16 << 20)
#define THREADS_MAX 4u

/* Where the descriptors of a worker are. */
enum
{
  WORKER_IMAGE = 3,
  WORKER_FUSE = 4,
  WORKER_REPORT = 5,
};

/* Everything else that the keeper has open is closed. */
static gboolean
descriptors_arrange (int image_fd, int fuse_fd, int report_fd)
{
  int image = fcntl (image_fd, F_DUPFD_CLOEXEC, 64);
  int fuse = fcntl (fuse_fd, F_DUPFD_CLOEXEC, 64);
  int report = fcntl (report_fd, F_DUPFD_CLOEXEC, 64);

  return image >= 0 && fuse >= 0 && report >= 0 && dup3 (image, WORKER_IMAGE, O_CLOEXEC) >= 0
         && dup3 (fuse, WORKER_FUSE, O_CLOEXEC) >= 0 && dup3 (report, WORKER_REPORT, O_CLOEXEC) >= 0
         && server_close_from (WORKER_REPORT + 1);
}

static void
report (guint32 status, const char *text)
{
  ImageReply reply = { .magic = PROTOCOL_MAGIC, .status = status };

  g_strlcpy (reply.text, text, sizeof reply.text);
  /* If the keeper is gone we are about to be killed. */
  (void) !write (WORKER_REPORT, &reply, sizeof reply);
  close (WORKER_REPORT);
}

static struct fuse_session *
session_new (ServedImage *image)
{
  char *argv[] = { (char *) "image-server", NULL };
  struct fuse_args args = FUSE_ARGS_INIT (1, argv);
  struct fuse_session *session = fuse_session_new (&args, &served_image_ops, sizeof served_image_ops, image);
  char path[32];

  g_snprintf (path, sizeof path, "/dev/fd/%d", WORKER_FUSE); /* libfuse's way to take a mounted descriptor */
  if (session == NULL || fuse_session_mount (session, path) != 0)
    return NULL;
  return session;
}

/* Not worth a thread: an image so small is read in a moment. */
static unsigned
threads_wanted (void)
{
  struct stat st;

  if (fstat (WORKER_IMAGE, &st) < 0 || st.st_size < THREADS_IMAGE_SIZE)
    return 0;
  return MIN (g_get_num_processors (), THREADS_MAX) - 1;
}

static gboolean
worker_prepare (ServedImage *image, struct fuse_session **ret_session, const char *name, gboolean allow_unsealed, GError **error)
{
  if ((*ret_session = session_new (image)) == NULL)
    return error_throw_code (error, ERROR_UNAVAILABLE, "The FUSE library cannot be used for the image %s", name);
  if (!worker_confine (error))
    return FALSE;
  /* Threads are made before the filter, which lets nobody make any. */
  if (!worker_threads_start (threads_wanted ()) || !worker_filter_install ())
    return error_throw_code (error, ERROR_UNAVAILABLE, "The process that reads images cannot be confined (the system call "
                             "filter): %s", g_strerror (errno));
  if ((image->tree = image_tree_load (WORKER_IMAGE, name, error)) == NULL)
    return FALSE;
  if (!image->tree->reader->layout.info.sealed && !allow_unsealed)
    return error_throw_code (error, ERROR_REFUSED, "The image %s has no hash tree, so nothing tells whether it is as its "
                             "author made it; give --allow-unsealed if you trust the file", name);
  image->blocks = block_cache_new ();
  return served_image_use (image)
         || error_throw_code (error, ERROR_UNAVAILABLE, "There is no memory to read the image %s", name);
}

void
worker_run (int image_fd, int fuse_fd, int report_fd, const char *name, gboolean allow_unsealed, const void *init,
            gsize init_size)
{
  g_autoptr (GError) error = NULL;
  ServedImage image = { .uid = geteuid (), .gid = getegid () };
  struct fuse_session *session = NULL;
  g_autofree void *request = g_memdup2 (init, init_size);
  struct fuse_buf buffer = { .size = init_size, .mem = request };

  prctl (PR_SET_NAME, "image-worker", 0, 0, 0);
  if (!descriptors_arrange (image_fd, fuse_fd, report_fd))
    _exit (1);
  if (!worker_prepare (&image, &session, name, allow_unsealed, &error))
    {
      report (1 + (error->domain == ERROR_DOMAIN ? (guint32) error->code : ERROR_FAILED), error->message);
      _exit (1);
    }
  report (0, "");
  fuse_session_process_buf (session, &buffer);
  worker_threads_release (session, &image);
  worker_loop (session);
}
