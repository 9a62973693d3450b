/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/publication.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Its parts: ADDRESS/OUTSIDE:INSIDE, and the protocol. */
typedef struct
{
  char address[INET6_ADDRSTRLEN];
  int outside, inside;
  bool is_udp;
} Publication;

/* One to five digits, 1 to 65535; *ret_end points behind them. */
static int
port_parse (const char *text, const char **ret_end)
{
  unsigned port = 0;
  size_t n = strspn (text, "0123456789");

  for (size_t i = 0; i < n && n <= 5; i++)
    port = port * 10 + (unsigned) (text[i] - '0');
  *ret_end = text + n;
  return port >= 1 && port <= 65535 ? (int) port : -1;
}

/* Of the first `length` bytes, in the usual form. */
static bool
address_parse (Publication *publication, const char *text, size_t length)
{
  struct in6_addr bytes;
  int family;

  if (length >= sizeof publication->address)
    return false;
  memcpy (publication->address, text, length);
  publication->address[length] = '\0';
  family = strchr (publication->address, ':') != NULL ? AF_INET6 : AF_INET;
  return inet_pton (family, publication->address, &bytes) == 1
         && inet_ntop (family, &bytes, publication->address, sizeof publication->address) != NULL;
}

/* The address at the beginning, when there is one: ADDRESS/, [ADDRESS]:, or of IPv4 ADDRESS:.  Returns what is behind it, or NULL. */
static const char *
address_take (Publication *publication, const char *text)
{
  const char *slash = strchr (text, '/');
  const char *end = text[0] == '[' ? strchr (text, ']') : slash != NULL ? slash : strchr (text, ':');
  const char *dot = strchr (text, '.');

  if (text[0] == '[')
    return end != NULL && (end[1] == ':' || end[1] == '/') && memchr (text, ':', (size_t) (end - text)) != NULL
           && address_parse (publication, text + 1, (size_t) (end - text) - 1) ? end + 2 : NULL;
  if (slash == NULL && (end == NULL || dot == NULL || dot > end))
    return address_parse (publication, "127.0.0.1", strlen ("127.0.0.1")) ? text : NULL;
  return address_parse (publication, text, (size_t) (end - text)) ? end + 1 : NULL;
}

static bool
publication_parse (Publication *publication, const char *text)
{
  char words[128];
  size_t length = strlen (text);
  const char *ports;
  const char *end;

  if (length >= sizeof words)
    return false;
  memcpy (words, text, length + 1);
  publication->is_udp = length > 4 && strcmp (words + length - 4, "/udp") == 0;
  if (publication->is_udp || (length > 4 && strcmp (words + length - 4, "/tcp") == 0))
    words[length - 4] = '\0';
  ports = address_take (publication, words);
  if (ports == NULL)
    return false;
  publication->outside = publication->inside = port_parse (ports, &end);
  if (publication->outside > 0 && *end == ':')
    publication->inside = port_parse (end + 1, &end);
  return publication->outside > 0 && publication->inside > 0 && *end == '\0';
}

char *
sandbox_publication_parse (const char *text, char reason[SANDBOX_PUBLICATION_REASON])
{
  Publication publication;
  char *result = NULL;

  if (!publication_parse (&publication, text))
    (void) snprintf (reason, SANDBOX_PUBLICATION_REASON, "“%.80s” does not publish a port; it is written as PORT, or PORT:PORT "
                     "(outside, inside), with ADDRESS: or [ADDRESS]: of this machine before it and /udp behind it where needed", text);
  else if (publication.is_udp && publication.outside != publication.inside)
    (void) snprintf (reason, SANDBOX_PUBLICATION_REASON, "“%.80s” does not publish a port: one of UDP has the same number inside and "
                     "outside, as pasta would send the answers from the other one", text);
  else if (asprintf (&result, "%s/%d:%d%s", publication.address, publication.outside, publication.inside,
                     publication.is_udp ? "/udp" : "") < 0)
    {
      (void) snprintf (reason, SANDBOX_PUBLICATION_REASON, "out of memory while the sandbox was planned");
      return NULL;
    }
  return result;
}

bool
sandbox_publication_is_udp (const char *full)
{
  size_t length = strlen (full);

  return length > 4 && strcmp (full + length - 4, "/udp") == 0;
}

bool
sandbox_publication_is_ipv6 (const char *full)
{
  return memchr (full, ':', strcspn (full, "/")) != NULL;
}

bool
sandbox_publication_clashes (const char *full, const char *other)
{
  const char *port = full + strcspn (full, "/");
  const char *other_port = other + strcspn (other, "/");
  size_t length = strcspn (port, ":");

  return sandbox_publication_is_udp (full) == sandbox_publication_is_udp (other) && length == strcspn (other_port, ":")
         && strncmp (port, other_port, length) == 0;
}
