/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Taking over: the keeper's duplicate of the FUSE descriptor keeps the mount alive while its worker is dead; readers wait.
 * A request that the dead worker had already taken would be lost, so the kernel is asked to send such requests
 * again; a kernel that cannot do that (before 6.9) would leave a reader waiting for ever, and there the image is given
 * up instead: its readers get errors, its launchers are told.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "image/server/server.h"

#define REPORT_TIMEOUT_MS 20000 /* the largest tables that are accepted take about a second */
#define RESTARTS_MAX 5          /* in RESTARTS_SECONDS: an image that kills its worker again and again is hopeless */
#define RESTARTS_SECONDS 30
#define TOOLS_AFTER 3           /* requests of builds, and then each time that there are twice as many */
#define INIT_SIZE_MAX (132u * 1024)
#define FLAG_INIT_EXT (1u << 30)
#define FLAG_HAS_RESEND (1ull << 39)
#define NOTIFY_RESEND 7

static gboolean
report_read (int fd, const char *name, GError **error)
{
  ImageReply reply;
  struct pollfd wait = { fd, POLLIN, 0 };
  ssize_t n;

  do
    n = poll (&wait, 1, REPORT_TIMEOUT_MS);
  while (n < 0 && errno == EINTR);
  n = n == 1 ? read (fd, &reply, sizeof reply) : 0;
  if (n != sizeof reply || reply.magic != PROTOCOL_MAGIC)
    return error_throw_code (error, ERROR_REFUSED, "The process that reads the image %s ended or hangs; the image may be "
                             "made to do harm", name);
  reply.text[sizeof reply.text - 1] = '\0';
  if (reply.status != 0)
    return error_throw_code (error, (ErrorCode) (reply.status - 1), "%s", reply.text);
  return TRUE;
}

static void
process_kill (pid_t *pid)
{
  if (*pid <= 0)
    return;
  kill (*pid, SIGKILL);
  waitpid (*pid, NULL, 0);
  *pid = 0;
}

/* In a new child of the keeper: it ends with that, and is not interrupted by what that is interrupted by. */
static void
child_begin (pid_t keeper)
{
  sigset_t none;

  prctl (PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (getppid () != keeper)
    _exit (1);
  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);
}

static gboolean
worker_start (KeptImage *image, GError **error)
{
  int ends[2];
  autofd in = -1, out = -1;
  pid_t keeper = getpid (), pid;

  if (pipe2 (ends, O_CLOEXEC) < 0)
    return error_throw_errno (error, errno, "Cannot make a pipe");
  in = ends[0];
  out = ends[1];
  pid = fork ();
  if (pid < 0)
    return error_throw_errno (error, errno, "Cannot start a process to read the image %s", image->name);
  if (pid == 0)
    {
      child_begin (keeper);
      worker_run (image->image_fd, image->mount.fuse_fd, out, image->name, image->allow_unsealed, image->init,
                  image->init_size);
    }
  image->worker = pid;
  file_close_fd (&out);
  if (report_read (in, image->name, error))
    return TRUE;
  process_kill (&image->worker);
  return FALSE;
}

static gboolean
init_read (KeptImage *image, GError **error)
{
  g_autofree guint8 *request = g_malloc (INIT_SIZE_MAX);
  const struct fuse_in_header *header = (const struct fuse_in_header *) request;
  ssize_t n;

  do
    n = read (image->mount.fuse_fd, request, INIT_SIZE_MAX);
  while (n < 0 && errno == EINTR);
  if (n < (ssize_t) (sizeof *header + 16) || header->opcode != FUSE_INIT)
    return error_throw_code (error, ERROR_UNAVAILABLE, "FUSE of this kernel does not begin as expected");
  image->init = g_memdup2 (request, (gsize) n);
  image->init_size = (gsize) n;
  return TRUE;
}

static gboolean
kernel_resends (const KeptImage *image)
{
  struct
  {
    guint32 major, minor, max_readahead, flags, flags2;
  } init;

  if (image->init_size < sizeof (struct fuse_in_header) + sizeof init)
    return FALSE;
  memcpy (&init, (const guint8 *) image->init + sizeof (struct fuse_in_header), sizeof init);
  return (init.flags & FLAG_INIT_EXT) != 0 && ((guint64) init.flags2 << 32 & FLAG_HAS_RESEND) != 0;
}

KeptImage *
kept_image_new (int dev_fd, int image_fd, unsigned number, const char *name, gboolean allow_unsealed, GError **error)
{
  g_autoptr (KeptImage) image = g_new0 (KeptImage, 1);

  image->mount = (ServerMount) SERVER_MOUNT_INIT;
  image->files_fd = -1;
  image->allow_unsealed = allow_unsealed;
  image->name = g_strdup (name);
  image->image_fd = fcntl (image_fd, F_DUPFD_CLOEXEC, 3);
  if (image->image_fd < 0 || fstat (image->image_fd, &image->identity) < 0)
    {
      error_throw_errno (error, errno, "Cannot examine the image %s", name);
      return NULL;
    }
  if (!server_mount_new (dev_fd, number, &image->mount, error) || !init_read (image, error) || !worker_start (image, error)
      || !server_mount_open (&image->mount, error))
    return NULL;
  image->files_fd = openat (image->mount.root_fd, "files", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (image->files_fd < 0)
    {
      error_throw_code (error, ERROR_REFUSED, "The image %s is no bundle: it has no folder \"files\" (%s)", name,
                        g_strerror (errno));
      return NULL;
    }
  return g_steal_pointer (&image);
}

gboolean
kept_image_is (const KeptImage *image, const struct stat *st, gboolean allow_unsealed)
{
  const struct stat *own = &image->identity;

  return own->st_dev == st->st_dev && own->st_ino == st->st_ino && own->st_size == st->st_size
         && own->st_mtim.tv_sec == st->st_mtim.tv_sec && own->st_mtim.tv_nsec == st->st_mtim.tv_nsec
         && own->st_ctim.tv_sec == st->st_ctim.tv_sec && own->st_ctim.tv_nsec == st->st_ctim.tv_nsec
         && image->allow_unsealed == allow_unsealed;
}

gboolean
kept_image_restart (KeptImage *image, GError **error)
{
  const struct fuse_out_header resend = { .len = sizeof resend, .error = NOTIFY_RESEND };
  gint64 now = g_get_monotonic_time ();

  image->worker = 0;
  if (!kernel_resends (image))
    return error_throw (error, "The process that reads the image %s ended, and this kernel cannot repeat what it was asked",
                        image->name);
  if (now - image->first_restart > RESTARTS_SECONDS * G_USEC_PER_SEC)
    {
      image->first_restart = now;
      image->n_restarts = 0;
    }
  if (++image->n_restarts > RESTARTS_MAX)
    return error_throw (error, "The process that reads the image %s ended %d times in %d seconds; it is given up",
                        image->name, RESTARTS_MAX, RESTARTS_SECONDS);
  if (!worker_start (image, error))
    return FALSE;
  if (write (image->mount.fuse_fd, &resend, sizeof resend) < 0)
    return error_throw_errno (error, errno, "Cannot have the requests to the image %s repeated", image->name);
  return TRUE;
}

/* At first little of them is in memory; later there is seldom something new. */
static gboolean
is_time_for_tools (unsigned n_runs)
{
  while (n_runs > TOOLS_AFTER && n_runs % 2 == 0)
    n_runs /= 2;
  return n_runs == TOOLS_AFTER;
}

void
kept_image_run (KeptImage *image)
{
  pid_t keeper = getpid ();

  if (!is_time_for_tools (++image->n_runs) || image->tools > 0)
    return;
  image->tools = fork (); /* without it, everything goes on as it is */
  if (image->tools == 0)
    {
      child_begin (keeper);
      tools_run (&image->mount);
    }
}

void
kept_image_free (KeptImage *image)
{
  if (image == NULL)
    return;
  process_kill (&image->tools);
  process_kill (&image->worker);
  file_close_fd (&image->files_fd);
  server_mount_clear (&image->mount);
  file_close_fd (&image->image_fd);
  g_free (image->init);
  g_free (image->name);
  g_free (image);
}
