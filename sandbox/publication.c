/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/publication.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

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

/* The form that pasta takes; NULL when it is none of ours. */
static char *
parse (const char *text)
{
  const char *slash = strchr (text, '/');
  const char *ports = slash != NULL ? slash + 1 : text;
  char address[INET_ADDRSTRLEN] = "127.0.0.1";
  struct in_addr ignored;
  const char *end;
  char *result = NULL;
  int outside;
  int inside;

  if (slash != NULL && (size_t) (slash - text) >= sizeof address)
    return NULL;
  if (slash != NULL)
    (void) snprintf (address, sizeof address, "%.*s", (int) (slash - text), text);
  if (inet_pton (AF_INET, address, &ignored) != 1)
    return NULL;
  outside = port_parse (ports, &end);
  inside = outside > 0 && *end == ':' ? port_parse (end + 1, &end) : -1;
  if (inside < 0 || *end != '\0' || asprintf (&result, "%s/%d:%d", address, outside, inside) < 0)
    return NULL;
  return result;
}

char *
sandbox_publication_parse (const char *text, char reason[SANDBOX_PUBLICATION_REASON])
{
  char *result = parse (text);

  if (result != NULL)
    return result;
  /* As other programs write it: 53:53/udp, udp:53:53. */
  if (strcasestr (text, "udp") != NULL)
    (void) snprintf (reason, SANDBOX_PUBLICATION_REASON, "“%.80s” does not publish a port: only those of TCP can be, not "
                     "those of UDP", text);
  else
    (void) snprintf (reason, SANDBOX_PUBLICATION_REASON, "“%.80s” does not publish a port; it is written as PORT:PORT (outside, inside), "
                     "or as ADDRESS/PORT:PORT with an IPv4 address of this machine", text);
  return NULL;
}
