/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Ask the shared server; where there is none, or it does not answer, start one.  The started server is given the request
 * over a socketpair, so nothing waits for a socket to appear; whether it becomes the shared one is decided by a lock
 * on its side (server/main.c), so two launchers that start one at the same time need not know of each other.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/spawn.h"
#include "image/attach_private.h"
#include "image/protocol.h"

#define SHARED_TIMEOUT_MS 5000   /* a shared server that is stopped must not stop us */
#define STARTED_TIMEOUT_MS 30000 /* ours has at most one image to check */

/* The user's runtime folder for us, -1 when there is none that can be trusted. */
static int
runtime_folder_open (void)
{
  const char *runtime = g_getenv ("XDG_RUNTIME_DIR");
  autofd parent = -1, folder = -1;
  struct stat st;

  if (runtime == NULL || !g_path_is_absolute (runtime))
    return -1;
  parent = open (runtime, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (parent < 0 || (mkdirat (parent, "nacelle", 0700) < 0 && errno != EEXIST))
    return -1;
  folder = openat (parent, "nacelle", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (folder < 0 || fstat (folder, &st) < 0 || st.st_uid != geteuid () || (st.st_mode & 077) != 0)
    return -1;
  return file_steal_fd (&folder);
}

static int
shared_connect (int folder)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  autofd sock = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  if (folder < 0 || sock < 0)
    return -1;
  g_snprintf (address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", folder, PROTOCOL_SOCKET_NAME);
  if (connect (sock, (struct sockaddr *) &address, sizeof address) < 0 || !protocol_peer_is (sock, geteuid ()))
    return -1;
  return file_steal_fd (&sock);
}

/* What one server answered. */
typedef enum
{
  ANSWER_MOUNTED,
  ANSWER_REFUSED,               /* *error is set */
  ANSWER_NONE,                  /* it is gone, hangs, or speaks another version */
} Answer;

static Answer
server_ask (int sock, int fd, const char *name, guint32 flags, int timeout_ms, ImageAttachment *ret_attachment,
            GError **error)
{
  ImageRequest request = { .magic = PROTOCOL_MAGIC, .version = PROTOCOL_VERSION,
                           .flags = flags | (ret_attachment->files_only ? PROTOCOL_FILES_ONLY : 0) };
  ImageReply reply;
  struct pollfd wait = { sock, POLLIN, 0 };
  unsigned n_fds = 0;
  int fds[2] = { -1, -1 };
  int n;

  g_strlcpy (request.name, name, sizeof request.name);
  if (!protocol_send (sock, &request, sizeof request, &fd, 1))
    return ANSWER_NONE;
  do
    n = poll (&wait, 1, timeout_ms);
  while (n < 0 && errno == EINTR);
  if (n <= 0 || !protocol_receive (sock, &reply, sizeof reply, fds, 2, &n_fds) || reply.magic != PROTOCOL_MAGIC)
    return ANSWER_NONE;
  if (reply.status == 0 && (n_fds == 2 || (n_fds == 1 && ret_attachment->files_only)))
    {
      ret_attachment->root_fd = n_fds == 2 ? fds[0] : -1;
      ret_attachment->files_fd = fds[n_fds - 1];
      ret_attachment->is_mount = TRUE;
      ret_attachment->alive_fd = sock;
      return ANSWER_MOUNTED;
    }
  for (unsigned i = 0; i < n_fds; i++)
    close (fds[i]);
  if (reply.status == 0 || reply.status == PROTOCOL_OTHER_VERSION)
    return ANSWER_NONE;
  reply.text[sizeof reply.text - 1] = '\0';
  error_throw_code (error, (ErrorCode) (reply.status - 1), "%s", reply.text);
  return ANSWER_REFUSED;
}

/* Returns errno.  The child that is waited for in the end only makes the server, which is a child of nobody: it may
 * outlive us, and we may wait for children of our own. */
static int
server_spawn (const char *path, int sock, int folder, pid_t *ret_pid)
{
  const char *argv[] = { "image-server", folder >= 0 ? "shared" : NULL, NULL };
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t signals;
  int failure;

  if ((failure = posix_spawn_file_actions_init (&actions)) != 0)
    return failure;
  if ((failure = posix_spawnattr_init (&attributes)) != 0)
    {
      posix_spawn_file_actions_destroy (&actions);
      return failure;
    }
  sigemptyset (&signals);
  failure = posix_spawnattr_setsigmask (&attributes, &signals);
  sigfillset (&signals);
  if (failure == 0)
    failure = posix_spawnattr_setsigdefault (&attributes, &signals);
  if (failure == 0)
    failure = posix_spawnattr_setflags (&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
  if (failure == 0)
    failure = posix_spawn_file_actions_adddup2 (&actions, sock, PROTOCOL_SERVER_SOCKET);
  if (failure == 0 && folder >= 0)
    failure = posix_spawn_file_actions_adddup2 (&actions, folder, PROTOCOL_SERVER_FOLDER);
  if (failure == 0)
    failure = posix_spawn (ret_pid, path, &actions, &attributes, (char *const *) argv, environ);
  posix_spawnattr_destroy (&attributes);
  posix_spawn_file_actions_destroy (&actions);
  return failure;
}

static gboolean
server_start (int folder, int *ret_sock, pid_t *ret_pid, GError **error)
{
  g_autofree char *path = spawn_helper_path ("image-server");
  autofd ours = -1, theirs = -1, folder_copy = -1;
  int pair[2], failure;

  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
    return error_throw_errno (error, errno, "Cannot make a socket for the image server");
  ours = pair[0];
  /* Out of the way of the numbers that the server expects. */
  theirs = fcntl (pair[1], F_DUPFD_CLOEXEC, 16);
  failure = errno;
  close (pair[1]);
  if (theirs >= 0 && folder >= 0)
    folder_copy = fcntl (folder, F_DUPFD_CLOEXEC, 16);
  if (theirs < 0 || (folder >= 0 && folder_copy < 0))
    return error_throw_errno (error, failure, "Cannot prepare the image server");
  failure = server_spawn (path, theirs, folder_copy, ret_pid);
  if (failure != 0)
    return error_throw_code (error, ERROR_UNAVAILABLE, "Cannot start the image server %s: %s", path, g_strerror (failure));
  *ret_sock = file_steal_fd (&ours);
  return TRUE;
}

gboolean
image_attach_fuse (int fd, const char *name, guint32 flags, ImageAttachment *ret_attachment, GError **error)
{
  autofd folder = runtime_folder_open ();
  autofd sock = shared_connect (folder);
  Answer answer = ANSWER_NONE;
  g_autoptr (GError) reason = NULL;

  if (sock >= 0)
    answer = server_ask (sock, fd, name, flags, SHARED_TIMEOUT_MS, ret_attachment, &reason);
  /* What its part of the host lacks (it may be in another container) ours may have. */
  if (answer == ANSWER_REFUSED && g_error_matches (reason, ERROR_DOMAIN, ERROR_UNAVAILABLE))
    answer = ANSWER_NONE;
  if (answer == ANSWER_REFUSED)
    {
      g_propagate_error (error, g_steal_pointer (&reason));
      return FALSE;
    }
  if (answer == ANSWER_NONE)
    {
      pid_t pid;
      file_close_fd (&sock);
      if (!server_start (folder, &sock, &pid, error))
        return FALSE;
      answer = server_ask (sock, fd, name, flags, STARTED_TIMEOUT_MS, ret_attachment, error);
      while (waitpid (pid, NULL, 0) < 0 && errno == EINTR)
        ;
    }
  if (answer == ANSWER_NONE)
    return error_throw_code (error, ERROR_UNAVAILABLE, "The image server ended without an answer for the image %s", name);
  if (answer == ANSWER_REFUSED)
    return FALSE;
  sock = -1; /* it is the attachment's alive_fd */
  return TRUE;
}
