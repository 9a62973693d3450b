/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * image-server [shared]: started by image_attach() with a connection as descriptor PROTOCOL_SERVER_SOCKET and, when
 * "shared", the user's runtime folder as descriptor PROTOCOL_SERVER_FOLDER.  Not for people.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/verb.h"
#include "image/server/server.h"

#define LOG_SIZE_MAX (256 * 1024)

/* A shared server outlives the launch that started it and must not hold its terminal or pipes. */
static void
output_redirect (int folder_fd)
{
  autofd null = open ("/dev/null", O_RDWR | O_CLOEXEC);
  autofd log = -1;
  struct stat st;

  if (null >= 0)
    {
      dup2 (null, 0);
      dup2 (null, 1);
    }
  if (folder_fd < 0)
    return;
  log = openat (folder_fd, PROTOCOL_LOG_NAME, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
  if (log >= 0 && fstat (log, &st) == 0 && S_ISREG (st.st_mode) && st.st_size > LOG_SIZE_MAX)
    (void) !ftruncate (log, 0); /* a longer log is no harm */
  if (log >= 0 || null >= 0)
    dup2 (log >= 0 ? log : null, 2);
}

/* The one that gets the lock listens, and keeps the lock until it ends; -1: somebody else does. */
static int
listener_new (int folder_fd, int *ret_lock)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  autofd lock = file_lock (folder_fd, PROTOCOL_LOCK_NAME, TRUE, FALSE, NULL);
  autofd listener = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

  if (lock < 0 || listener < 0)
    return -1;
  /* The folder's own path may be longer than an address can be. */
  g_snprintf (address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", folder_fd, PROTOCOL_SOCKET_NAME);
  unlinkat (folder_fd, PROTOCOL_SOCKET_NAME, 0);
  if (bind (listener, (struct sockaddr *) &address, sizeof address) < 0 || listen (listener, 64) < 0)
    return -1;
  *ret_lock = file_steal_fd (&lock);
  return file_steal_fd (&listener);
}

/* What a launcher was limited to must hold for its own server, and not for a server of others: one that was started
 * with limits that cannot be raised again, or with little priority, is not shared. */
static gboolean
limits_are_ordinary (void)
{
  static const int limits[] = { RLIMIT_CPU, RLIMIT_AS, RLIMIT_DATA, RLIMIT_FSIZE };
  struct rlimit limit;

  for (gsize i = 0; i < G_N_ELEMENTS (limits); i++)
    {
      if (getrlimit (limits[i], &limit) < 0 || limit.rlim_max != RLIM_INFINITY)
        return FALSE;
      limit.rlim_cur = limit.rlim_max;
      if (setrlimit (limits[i], &limit) < 0)
        return FALSE;
    }
  errno = 0;
  return getpriority (PRIO_PROCESS, 0) <= 0 && errno == 0;
}

static int
fail (const GError *error)
{
  ImageReply reply = { .magic = PROTOCOL_MAGIC, .status = 1 + (guint32) error->code };

  g_strlcpy (reply.text, error->message, sizeof reply.text);
  (void) protocol_send (PROTOCOL_SERVER_SOCKET, &reply, sizeof reply, NULL, 0);
  return 1;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  int folder_fd = argc > 1 && strcmp (argv[1], "shared") == 0 ? PROTOCOL_SERVER_FOLDER : -1;
  int listener = -1, lock = -1, dev_fd = -1;
  struct rlimit files;

  if (verb_refuses_privileges ("image-server"))
    return EXIT_OURS;
  if (!protocol_peer_is (PROTOCOL_SERVER_SOCKET, geteuid ()))
    {
      fprintf (stderr, "image-server is started by apprun and appbuild when they need an image; it has no use of its own.\n");
      return 2;
    }
  if (!server_close_from (folder_fd >= 0 ? PROTOCOL_SERVER_FOLDER + 1 : PROTOCOL_SERVER_FOLDER))
    return 1;
  if (fork () != 0)
    _exit (0); /* also when it fails: the launcher sees that nobody answers */
  signal (SIGPIPE, SIG_IGN);
  umask (077);
  output_redirect (folder_fd);
  if (getrlimit (RLIMIT_NOFILE, &files) == 0)
    {
      files.rlim_cur = files.rlim_max;
      (void) setrlimit (RLIMIT_NOFILE, &files);
    }
  if (folder_fd >= 0 && limits_are_ordinary ())
    listener = listener_new (folder_fd, &lock);
  if (!namespace_enter (&dev_fd, &error))
    {
      if (listener >= 0)
        unlinkat (folder_fd, PROTOCOL_SOCKET_NAME, 0);
      return fail (error);
    }
  prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
  keeper_run (dev_fd, PROTOCOL_SERVER_SOCKET, listener, folder_fd);
  return 0;
}
