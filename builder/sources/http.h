/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One GET by libcurl, into a file or into memory.
 */
#pragma once

#include <curl/curl.h>
#include <glib.h>

typedef struct
{
  CURL *easy;
  char text[CURL_ERROR_SIZE];
  int fd;                  /* where the body goes, or -1: into `memory` */
  GString *memory;
  guint64 offset;          /* bytes of the file that are there already */
  guint64 received;
  guint64 max;             /* of offset + received */
  gboolean too_large;
  int write_errno;
} HttpGet;

typedef enum
{
  HTTP_DONE,
  HTTP_RETRY,              /* may work later */
  HTTP_RESTART,            /* the rest alone is not to be had: begin from the first byte */
  HTTP_MISSING,            /* 404, 410 */
  HTTP_FAILED,             /* will not work at this address */
  HTTP_LOCAL,              /* our own disk or memory */
} HttpOutcome;

/* Only http:// and https:// without user and password, one line, printable. */
gboolean http_url_check (const char *url, GError **error);

/* The caller fills fd or memory, offset and max, and adds `easy` to a multi handle or performs it. */
gboolean http_get_prepare (HttpGet *get, const char *url, guint connect_seconds, guint stall_seconds, GError **error);
void http_get_clear (HttpGet *get);

/* What came of it.  *ret_reason (caller frees) is a phrase for people, unless done. */
HttpOutcome http_get_outcome (HttpGet *get, CURLcode code, char **ret_reason);
