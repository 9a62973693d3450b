/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * receive-folder SOCKET NAME: take the descriptor of a folder that the other end of SOCKET sends, and print the file NAME in it, or
 * why that cannot be opened.  Static, so that it runs in any sandbox.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int
receive (int socket_fd)
{
  union { char bytes[CMSG_SPACE (sizeof (int))]; struct cmsghdr header; } control;
  char byte;
  struct iovec part = { &byte, 1 };
  struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
  int fd = -1;

  if (recvmsg (socket_fd, &message, 0) == 1 && CMSG_FIRSTHDR (&message) != NULL)
    memcpy (&fd, CMSG_DATA (CMSG_FIRSTHDR (&message)), sizeof fd);
  return fd;
}

int
main (int argc, char **argv)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int socket_fd = socket (AF_UNIX, SOCK_STREAM, 0);
  char text[256];
  int folder;
  int file;
  ssize_t n;

  if (argc != 3 || (size_t) snprintf (address.sun_path, sizeof address.sun_path, "%s", argv[1]) >= sizeof address.sun_path)
    return 2;
  if (connect (socket_fd, (struct sockaddr *) &address, sizeof address) < 0)
    return perror ("connect"), 2;
  folder = receive (socket_fd);
  if (folder < 0)
    return fputs ("no descriptor has come\n", stderr), 2;
  file = openat (folder, argv[2], O_RDONLY);
  n = file >= 0 ? read (file, text, sizeof text) : -1;
  if (n < 0)
    return printf ("%s\n", strerror (errno)), 0;
  return fwrite (text, 1, (size_t) n, stdout) == (size_t) n ? 0 : 2;
}
