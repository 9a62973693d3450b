/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/protocol.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_FDS 4

bool
protocol_send (int sock, const void *packet, size_t size, const int *fds, unsigned n_fds)
{
  union
  {
    struct cmsghdr header;
    char bytes[CMSG_SPACE (sizeof (int) * MAX_FDS)];
  } control = { 0 };
  struct iovec iov = { (void *) (uintptr_t) packet, size };
  struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };
  ssize_t n;

  if (n_fds > 0)
    {
      struct cmsghdr *header = &control.header;

      message.msg_control = &control;
      message.msg_controllen = CMSG_SPACE (sizeof (int) * n_fds);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN (sizeof (int) * n_fds);
      memcpy (CMSG_DATA (header), fds, sizeof (int) * n_fds);
    }
  do
    n = sendmsg (sock, &message, MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);
  return n == (ssize_t) size;
}

static void
fds_close (int *fds, unsigned n_fds)
{
  for (unsigned i = 0; i < n_fds; i++)
    close (fds[i]);
}

bool
protocol_receive (int sock, void *packet, size_t size, int *ret_fds, unsigned max_fds, unsigned *ret_n_fds)
{
  union
  {
    struct cmsghdr header;
    char bytes[CMSG_SPACE (sizeof (int) * MAX_FDS)];
  } control;
  struct iovec iov = { packet, size };
  struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
  int fds[MAX_FDS];
  unsigned n_fds = 0;
  ssize_t n;

  do
    n = recvmsg (sock, &message, MSG_CMSG_CLOEXEC);
  while (n < 0 && errno == EINTR);
  if (n < 0)
    return false;
  for (struct cmsghdr *header = CMSG_FIRSTHDR (&message); header != NULL; header = CMSG_NXTHDR (&message, header))
    if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS && n_fds == 0)
      {
        n_fds = (unsigned) ((header->cmsg_len - CMSG_LEN (0)) / sizeof (int));
        memcpy (fds, CMSG_DATA (header), n_fds * sizeof (int));
      }
  if (n != (ssize_t) size || n_fds > max_fds || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
    {
      fds_close (fds, n_fds);
      errno = n == 0 ? EPIPE : EPROTO;
      return false;
    }
  memcpy (ret_fds, fds, n_fds * sizeof (int));
  *ret_n_fds = n_fds;
  return true;
}

bool
protocol_peer_is (int sock, uint32_t uid)
{
  struct ucred peer;
  socklen_t length = sizeof peer;

  return getsockopt (sock, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.uid == uid;
}
