/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One GET, or a POST, by libcurl, into a file or into memory.
 */
#pragma once

#include <curl/curl.h>
#include <glib.h>

typedef struct HttpGet HttpGet;

struct HttpGet
{
  /* What is wanted; filled in by the caller. */
  int fd;                  /* where the body goes, or -1: into `memory` */
  GString *memory;
  guint64 offset;          /* bytes of the file that are there already: only what follows them is asked for */
  const char *validator;   /* of those bytes (ETag or date): a server that has other ones now sends all; NULL: unknown */
  guint64 max;             /* of the whole file */
  guint connect_seconds;
  guint stall_seconds;     /* without a byte; 0: no limit */
  gboolean no_downgrade;   /* an https address may not lead to an http one */
  gboolean decode;         /* undo a Content-Encoding */
  char *const *extra;      /* more lines of the request's head; may be NULL */
  const char *post;        /* a body: POST instead of GET; may be NULL */
  /* Called before the first byte of the body, and once for an empty one.  FALSE ends the transfer. */
  gboolean (*begin) (HttpGet *get, gpointer user);
  gpointer user;

  /* What comes of it. */
  CURL *easy;
  struct curl_slist *headers;
  char text[CURL_ERROR_SIZE];
  guint64 received;
  long status;
  gboolean begun, too_large, wrong_range;
  int write_errno;
};

typedef enum
{
  HTTP_DONE,
  HTTP_RETRY,              /* may work later */
  HTTP_UNREACHABLE,        /* the host cannot be reached at present */
  HTTP_UNTRUSTED,          /* the host is not who it should be */
  HTTP_RESTART,            /* the rest alone is not to be had: begin from the first byte */
  HTTP_MISSING,            /* 404, 410 */
  HTTP_FAILED,             /* will not work at this address */
  HTTP_LOCAL,              /* our own disk or memory */
} HttpOutcome;

/* Only http:// and https:// without user and password, one line, printable. */
gboolean http_url_check (const char *url, GError **error);

/* The host of such an address, with its port when that is given.  Caller frees. */
char *http_url_host (const char *url);

/* Then the caller adds `easy` to a multi handle or performs it. */
gboolean http_get_prepare (HttpGet *get, const char *url, GError **error);
/* Frees the handle; what came of it stays. */
void http_get_clear (HttpGet *get);

/* A header of the last answer, NULL when there is none; valid until http_get_clear(). */
const char *http_get_header (HttpGet *get, const char *name);
/* How long the body will be, 0 when that isn't known. */
guint64 http_get_length (HttpGet *get);

/* What came of it.  *ret_reason (caller frees) is a phrase for people, unless done. */
HttpOutcome http_get_outcome (HttpGet *get, CURLcode code, char **ret_reason);
