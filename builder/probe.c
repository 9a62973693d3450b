/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * nacelle-probe: tries one thing inside of an app's sandbox, for the key `tests` of a manifest.
 *
 *   nacelle-probe read|write|connect PLACE       status 0: it can be done; 1: it cannot, and stdout says why; 2: cannot tell
 *
 * Static, as the runtime may have no library that fits, and started from its standard input (/proc/self/fd/0), so that the sandbox is the
 * one that a user gets: nothing has to be mounted for it.  It changes nothing: what it makes to see whether it can, it removes.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNECT_SECONDS 10

enum { CAN, CANNOT, UNKNOWN };

static int
cannot (void)
{
  printf ("%s\n", strerror (errno));
  return CANNOT;
}

static int
try_read (const char *path)
{
  char byte;
  int fd = open (path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  struct stat st;

  if (fd < 0 || fstat (fd, &st) < 0)
    return cannot ();
  if (S_ISDIR (st.st_mode))
    {
      DIR *dir = fdopendir (fd);

      errno = 0;
      if (dir == NULL || (readdir (dir) == NULL && errno != 0))
        return cannot ();
      return CAN;
    }
  /* A device or a pipe that has nothing to give at the moment can be read nevertheless. */
  return read (fd, &byte, 1) >= 0 || errno == EAGAIN ? CAN : cannot ();
}

/* A file of a name that nobody has, there and gone again. */
static int
try_make (const char *path, int keep_name)
{
  char name[PATH_MAX];

  if (snprintf (name, sizeof name, keep_name ? "%s" : "%s/.nacelle-probe", path) >= (int) sizeof name)
    {
      errno = ENAMETOOLONG;
      return cannot ();
    }
  int fd = open (name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0)
    return cannot ();
  (void) unlink (name); /* it was made a moment ago */
  return CAN;
}

static int
try_write (const char *path)
{
  struct stat st;

  if (stat (path, &st) < 0)
    return errno == ENOENT ? try_make (path, 1) : cannot ();
  if (S_ISDIR (st.st_mode))
    return try_make (path, 0);
  return open (path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) >= 0 ? CAN : cannot ();
}

typedef union
{
  struct sockaddr any;
  struct sockaddr_un local;
  struct sockaddr_in four;
  struct sockaddr_in6 six;
} Address;

/* 0 when `text` is none. */
static socklen_t
parse_internet (const char *text, Address *address)
{
  char host[64];
  const char *colon = strrchr (text, ':');
  size_t length = colon != NULL ? (size_t) (colon - text) : sizeof host;
  int bracket = *text == '[' && length > 2;

  if (length >= sizeof host)
    return 0;
  memcpy (host, text + bracket, length - 2 * (size_t) bracket);
  host[length - 2 * (size_t) bracket] = '\0';
  in_port_t port = htons ((in_port_t) strtoul (colon + 1, NULL, 10));
  if (bracket)
    {
      address->six = (struct sockaddr_in6) { .sin6_family = AF_INET6, .sin6_port = port };
      return inet_pton (AF_INET6, host, &address->six.sin6_addr) == 1 ? sizeof address->six : 0;
    }
  address->four = (struct sockaddr_in) { .sin_family = AF_INET, .sin_port = port };
  return inet_pton (AF_INET, host, &address->four.sin_addr) == 1 ? sizeof address->four : 0;
}

static socklen_t
parse_address (const char *text, Address *address)
{
  size_t length = strlen (text);

  if (*text != '/' && *text != '@')
    return parse_internet (text, address);
  if (length >= sizeof address->local.sun_path)
    return 0;
  address->local = (struct sockaddr_un) { .sun_family = AF_UNIX };
  memcpy (address->local.sun_path, text, length);
  if (*text == '@')
    address->local.sun_path[0] = '\0';
  return (socklen_t) (offsetof (struct sockaddr_un, sun_path) + length);
}

static int
try_connect (const char *text)
{
  Address address;
  socklen_t length = parse_address (text, &address);

  if (length == 0)
    {
      printf ("'%s' is no address\n", text);
      return UNKNOWN;
    }
  int fd = socket (address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return cannot ();
  if (connect (fd, &address.any, length) == 0)
    return CAN;
  if (errno != EINPROGRESS)
    return cannot ();
  struct pollfd wait = { .fd = fd, .events = POLLOUT };
  int result = 0;
  socklen_t size = sizeof result;
  int n = poll (&wait, 1, CONNECT_SECONDS * 1000);
  if (n > 0 && getsockopt (fd, SOL_SOCKET, SO_ERROR, &result, &size) == 0 && result == 0)
    return CAN;
  errno = n == 0 ? ETIMEDOUT : n > 0 ? result : errno;
  return cannot ();
}

int
main (int argc, char **argv)
{
  const struct { const char *name; int (*run) (const char *place); } ways[] = {
    { "read", try_read }, { "write", try_write }, { "connect", try_connect },
  };
  const char *home = getenv ("HOME");
  char path[PATH_MAX];

  if (argc != 3)
    return UNKNOWN;
  const char *place = argv[2];
  if (place[0] == '~' && (place[1] == '\0' || place[1] == '/'))
    {
      if (home == NULL || snprintf (path, sizeof path, "%s%s", home, place + 1) >= (int) sizeof path)
        return UNKNOWN;
      place = path;
    }
  for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
    if (strcmp (argv[1], ways[i].name) == 0)
      return ways[i].run (place);
  return UNKNOWN;
}
