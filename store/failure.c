/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/failure.h"

#include <string.h>

#define FETCHING "While fetching "
#define ANSWERED "Server returned HTTP "

/* Numbers of libcurl, which it never gives another meaning; this library is not linked with it. */
static const struct { int code; const char *format; } networks[] = {
  { 5, "the proxy of %s is unknown here; is http_proxy or https_proxy right?" },
  { 6, "no server of the name %s is known here; is this machine connected to the network, and is the address right?" },
  { 7, "nothing answers at %s; is this machine connected to the network, and is the address right? Else the server is down: "
       "try again later" },
  { 18, "the connection to %s broke off; try again, what has come is kept" },
  { 28, "%s does not answer in time; try again later" },
  { 35, "no secure connection to %s can be made; is what answers there the server, and no login page of a network?" },
  { 47, "%s leads from one address to the next without end; is the address right?" },
  { 52, "%s has closed the connection without an answer; try again later" },
  { 55, "the connection to %s broke off; try again, what has come is kept" },
  { 56, "the connection to %s broke off; try again, what has come is kept" },
  { 60, "the certificate of %s is not one that this machine trusts; are its clock and its list of authorities (ca-certificates) up to "
        "date?" },
  { 77, "this machine has no list of authorities to know %s by; install ca-certificates" },
  { 92, "the connection to %s broke off; try again, what has come is kept" },
};

/* "a.example:8080" of "https://a.example:8080/x"; caller frees. */
static char *
host_of (const char *url)
{
  const char *start = strstr (url, "://");

  start = start != NULL ? start + strlen ("://") : url;
  return g_strndup (start, strcspn (start, "/?#"));
}

/* Every repository has these. */
static gboolean
is_head (const char *url)
{
  return g_str_has_suffix (url, "/summary") || g_str_has_suffix (url, "/summary.sig") || g_str_has_suffix (url, "/config");
}

/* `url` NULL: it is not said. */
static char *
explain_status (const char *host, const char *url, guint64 status)
{
  if ((status == 404 || status == 410) && url == NULL)
    return g_strdup_printf ("%s does not have it (HTTP %u): there is no repository at this address, or not everything of one; is the "
                            "address right? \"apprun remote list\" shows it", host, (guint) status);
  if ((status == 404 || status == 410) && is_head (url))
    return g_strdup_printf ("there is no repository at %.*s (%s: HTTP %u); has it moved, or is the address right? "
                            "\"apprun remote list\" shows it",
                            (int) (strrchr (url, '/') - url), url, strrchr (url, '/') + 1, (guint) status);
  if (status == 404 || status == 410)
    return g_strdup_printf ("%s lacks a part of it (%s: HTTP %u); if it is just being published try again, else tell who runs the server",
                            host, url, (guint) status);
  if (status == 401 || status == 403)
    return g_strdup_printf ("%s does not let everybody have it (HTTP %u); ask who runs the server", host, (guint) status);
  if (status == 429 || status >= 500)
    return g_strdup_printf ("%s cannot answer now (HTTP %u); try again later", host, (guint) status);
  return NULL;
}

char *
failure_explain (const char *text)
{
  const char *fetching = strstr (text, FETCHING);
  const char *url = fetching != NULL ? fetching + strlen (FETCHING) : NULL;
  const char *end = url != NULL ? strstr (url, ": ") : NULL;
  guint64 number = 0;

  if (strstr (text, "no summary found") != NULL || strstr (text, "has no summary file") != NULL)
    return g_strdup ("the server has no repository at this address, or one without the summary that says what it has; is the address "
                     "right? \"apprun remote list\" shows it");
  if (fetching == NULL && g_str_has_prefix (text, ANSWERED))
    return explain_status ("the server", NULL, g_ascii_strtoull (text + strlen (ANSWERED), NULL, 10));
  if (end == NULL)
    return NULL;
  g_autofree char *address = g_strndup (url, (gsize) (end - url));
  g_autofree char *host = host_of (address);
  const char *reason = end + strlen (": ");
  const char *status = strstr (reason, "HTTP ");
  if (*reason == '[')
    number = g_ascii_strtoull (reason + 1, NULL, 10);
  else if (status != NULL)
    return explain_status (host, address, g_ascii_strtoull (status + strlen ("HTTP "), NULL, 10));
  for (gsize i = 0; i < G_N_ELEMENTS (networks); i++)
    if ((guint64) networks[i].code == number)
      {
        g_auto (GStrv) halves = g_strsplit (networks[i].format, "%s", 2);

        return g_strconcat (halves[0], host, halves[1], NULL);
      }
  return NULL;
}
