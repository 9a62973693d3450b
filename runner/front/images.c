/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * As store/deployment.c locks and image/attach_fuse.c asks; whatever is out of the ordinary is left to them.
 */
#include "runner/front/images.h"

#include "image/protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define PATIENCE 2000   /* milliseconds for a server that may be stopped */

/* A deployment that is being removed has its lock taken, or has none any more. */
static int
lock_take (ServedImage *served, int folder_fd)
{
  struct stat st;

  served->lock_fd = openat (folder_fd, ".ref", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (served->lock_fd < 0)
    return errno == EACCES || errno == EROFS ? 0 : -1;
  return flock (served->lock_fd, LOCK_SH | LOCK_NB) == 0 && fstat (served->lock_fd, &st) == 0 && st.st_nlink > 0 ? 0 : -1;
}

static int
request_send (ServedImage *served, const FrontImage *image, int runtime_fd, int image_fd)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  ImageRequest request = { .magic = PROTOCOL_MAGIC, .version = PROTOCOL_VERSION,
                           .flags = PROTOCOL_ALLOW_UNSEALED | PROTOCOL_FILES_ONLY };    /* it was looked at when it was installed */

  (void) snprintf (request.name, sizeof request.name, "%s", image->name);
  (void) snprintf (address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", runtime_fd, PROTOCOL_SOCKET_NAME);
  served->sock = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (served->sock < 0 || connect (served->sock, (struct sockaddr *) &address, sizeof address) < 0
      || !protocol_peer_is (served->sock, geteuid ()))
    return -1;
  return protocol_send (served->sock, &request, sizeof request, &image_fd, 1) ? 0 : -1;
}

int
served_image_ask (ServedImage *served, const FrontImage *image, int runtime_fd)
{
  int folder = open (image->folder, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  int fd = folder < 0 || lock_take (served, folder) < 0 ? -1 : openat (folder, "image", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  WitnessState state;
  int result = -1;

  if (fd >= 0 && witness_look_fd (WITNESS_FILE, fd, &state) && witness_is (&state, &image->state))
    result = request_send (served, image, runtime_fd, fd);
  if (fd >= 0)
    (void) close (fd);
  if (folder >= 0)
    (void) close (folder);
  return result;
}

int
served_image_take (ServedImage *served)
{
  struct pollfd wait = { served->sock, POLLIN, 0 };
  ImageReply reply;
  unsigned n = 0;
  int fds[2];

  if (poll (&wait, 1, PATIENCE) != 1 || !protocol_receive (served->sock, &reply, sizeof reply, fds, 2, &n))
    return -1;
  if (n > 0)
    served->files_fd = fds[n - 1];
  if (n == 2)
    (void) close (fds[0]);      /* the root, from an older server */
  return reply.magic == PROTOCOL_MAGIC && reply.status == 0 && n > 0 ? 0 : -1;
}

void
served_image_clear (ServedImage *served)
{
  if (served->lock_fd >= 0)
    (void) close (served->lock_fd);
  if (served->sock >= 0)
    (void) close (served->sock);
  if (served->files_fd >= 0)
    (void) close (served->files_fd);
  *served = (ServedImage) SERVED_IMAGE_NONE;
}
