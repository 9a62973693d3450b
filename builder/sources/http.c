/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/sources/http.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

#define REDIRECTS_MAX 10

gboolean
http_url_check (const char *url, GError **error)
{
  const char *host = NULL;

  for (const char *p = url; *p != '\0'; p++)
    if ((guchar) *p <= 0x20 || (guchar) *p >= 0x7f)
      return error_throw_code (error, ERROR_REFUSED,
                               "The address \"%s\" contains a blank or a character that must be written as %%XX", url);
  if (g_ascii_strncasecmp (url, "http://", 7) == 0)
    host = url + 7;
  else if (g_ascii_strncasecmp (url, "https://", 8) == 0)
    host = url + 8;
  else
    return error_throw_code (error, ERROR_REFUSED, "The address \"%s\" is neither http:// nor https://", url);
  if (strcspn (host, "/?#") == 0)
    return error_throw_code (error, ERROR_REFUSED, "The address \"%s\" names no host", url);
  if (memchr (host, '@', strcspn (host, "/?#")) != NULL)
    return error_throw_code (error, ERROR_REFUSED, "The address has a user name or password in it, which would be "
                             "shown in messages and logs; use one without");
  return TRUE;
}

char *
http_url_host (const char *url)
{
  const char *host = strstr (url, "://");

  if (host == NULL)
    return g_strdup ("");
  host += strlen ("://");
  return g_ascii_strdown (host, (gssize) strcspn (host, "/?#"));
}

const char *
http_get_header (HttpGet *get, const char *name)
{
  struct curl_header *header = NULL;

  return curl_easy_header (get->easy, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK ? header->value : NULL;
}

guint64
http_get_length (HttpGet *get)
{
  curl_off_t length = -1;

  if (curl_easy_getinfo (get->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length) != CURLE_OK || length <= 0)
    return 0;
  return (guint64) length;
}

/* Does the answer begin where it was asked to?  "bytes 10-19/20" */
static gboolean
range_begins_at (HttpGet *get, guint64 offset)
{
  const char *range = http_get_header (get, "Content-Range");

  return range != NULL && g_ascii_strncasecmp (range, "bytes ", 6) == 0
         && g_ascii_strtoull (range + 6, NULL, 10) == offset;
}

/* The answer is known, and no byte of its body has been taken. */
static gboolean
http_get_begin (HttpGet *get)
{
  if (get->begun)
    return TRUE;
  get->begun = TRUE;
  get->wrong_range = get->status == 206 && !range_begins_at (get, get->offset);
  if (get->wrong_range)
    return FALSE;
  /* Asked for the rest, a server may send all. */
  if (get->status == 200 && get->offset > 0)
    {
      if (get->fd >= 0 && ftruncate (get->fd, 0) < 0)
        {
          get->write_errno = errno;
          return FALSE;
        }
      get->offset = 0;
    }
  return get->begin == NULL || get->begin (get, get->user);
}

/* The body of an error page must not get into the file, whatever libcurl thinks of the status. */
static size_t
http_get_write (char *data, size_t one, size_t length, void *user)
{
  HttpGet *get = user;

  curl_easy_getinfo (get->easy, CURLINFO_RESPONSE_CODE, &get->status);
  if (get->status != 200 && get->status != 206)
    return length;
  if (!http_get_begin (get))
    return 0;
  if (length > get->max || get->offset + get->received > get->max - length)
    {
      get->too_large = TRUE;
      return 0;
    }
  if (get->fd < 0)
    g_string_append_len (get->memory, data, length);
  for (size_t done = 0; get->fd >= 0 && done < length;)
    {
      ssize_t n = pwrite (get->fd, data + done, length - done, get->offset + get->received + done);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        {
          get->write_errno = n < 0 ? errno : ENOSPC;
          return 0;
        }
      done += n;
    }
  get->received += length;
  return length;
}

/* Only the bytes that are missing.  (Not libcurl's own way of resuming, which fails when the server sends all.) */
static void
ask_for_rest (HttpGet *get)
{
  g_autofree char *range = g_strdup_printf ("%" G_GUINT64_FORMAT "-", get->offset);
  g_autofree char *condition = get->validator != NULL ? g_strconcat ("If-Range: ", get->validator, NULL) : NULL;

  curl_easy_setopt (get->easy, CURLOPT_RANGE, range);
  if (condition != NULL)
    get->headers = curl_slist_append (get->headers, condition);
}

static void
set_limits (HttpGet *get, const char *url)
{
  const char *protocols = get->no_downgrade && g_ascii_strncasecmp (url, "https:", 6) == 0 ? "https" : "http,https";
  CURL *easy = get->easy;

  curl_easy_setopt (easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt (easy, CURLOPT_REDIR_PROTOCOLS_STR, protocols);
  curl_easy_setopt (easy, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt (easy, CURLOPT_MAXREDIRS, (long) REDIRECTS_MAX);
  curl_easy_setopt (easy, CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);
  curl_easy_setopt (easy, CURLOPT_CONNECTTIMEOUT, (long) get->connect_seconds);
  if (get->stall_seconds != 0)
    {
      curl_easy_setopt (easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
      curl_easy_setopt (easy, CURLOPT_LOW_SPEED_TIME, (long) get->stall_seconds);
    }
  if (get->max > get->offset && !get->decode)
    curl_easy_setopt (easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t) get->max);
}

gboolean
http_get_prepare (HttpGet *get, const char *url, GError **error)
{
  static gsize once = 0;
  const char *authorities = g_getenv ("SSL_CERT_FILE");
  CURL *easy = NULL;

  if (!http_url_check (url, error))
    return FALSE;
  if (g_once_init_enter (&once))
    {
      curl_global_init (CURL_GLOBAL_DEFAULT);
      g_once_init_leave (&once, 1);
    }
  easy = curl_easy_init ();
  if (easy == NULL)
    return error_throw (error, "Cannot fetch %s: libcurl gives no handle", url);
  get->easy = easy;
  get->text[0] = '\0';
  get->received = 0;
  get->status = 0;
  get->begun = get->too_large = get->wrong_range = FALSE;
  get->write_errno = 0;
  set_limits (get, url);
  if (get->offset > 0)
    ask_for_rest (get);
  for (guint i = 0; get->extra != NULL && get->extra[i] != NULL; i++)
    get->headers = curl_slist_append (get->headers, get->extra[i]);
  if (get->headers != NULL)
    curl_easy_setopt (easy, CURLOPT_HTTPHEADER, get->headers);
  if (get->post != NULL)
    curl_easy_setopt (easy, CURLOPT_POSTFIELDS, get->post);
  if (get->decode)
    curl_easy_setopt (easy, CURLOPT_ACCEPT_ENCODING, "");
  if (authorities != NULL && *authorities != '\0')
    curl_easy_setopt (easy, CURLOPT_CAINFO, authorities);
  curl_easy_setopt (easy, CURLOPT_URL, url);
  curl_easy_setopt (easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt (easy, CURLOPT_USERAGENT, "nacelle/" NACELLE_VERSION);
  curl_easy_setopt (easy, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt (easy, CURLOPT_ERRORBUFFER, get->text);
  curl_easy_setopt (easy, CURLOPT_WRITEFUNCTION, http_get_write);
  curl_easy_setopt (easy, CURLOPT_WRITEDATA, get);
  curl_easy_setopt (easy, CURLOPT_PRIVATE, get);
  return TRUE;
}

void
http_get_clear (HttpGet *get)
{
  g_clear_pointer (&get->easy, curl_easy_cleanup);
  g_clear_pointer (&get->headers, curl_slist_free_all);
}

static HttpOutcome
http_status_outcome (HttpGet *get, char **ret_reason)
{
  long status = get->status;

  if (status == 416 && get->offset > 0)
    {
      *ret_reason = g_strdup ("the server has no more bytes than were fetched earlier");
      return HTTP_RESTART;
    }
  *ret_reason = g_strdup_printf ("the server answered %ld%s", status,
                                 status == 404 || status == 410 ? " (not found)" : status == 403 ? " (forbidden)" : "");
  if (status == 404 || status == 410)
    return HTTP_MISSING;
  return status >= 500 || status == 408 || status == 429 ? HTTP_RETRY : HTTP_FAILED;
}

/* Where a redirection went that libcurl did not follow. */
static char *
redirect_reason (HttpGet *get)
{
  struct curl_header *header = NULL;
  const char *location = NULL;

  /* The last request that got an answer. */
  for (int i = 0; i <= REDIRECTS_MAX && curl_easy_header (get->easy, "Location", 0, CURLH_HEADER, i, &header) == CURLHE_OK; i++)
    location = header->value;
  if (location != NULL && g_ascii_strncasecmp (location, "http:", 5) == 0)
    return g_strdup ("the server redirects from https to http, where anybody on the way can change a file; that is only followed for a "
                     "file with a sha256 or sha512");
  return g_strdup ("the server redirects to an address that is neither http:// nor https://");
}

static HttpOutcome
http_code_outcome (HttpGet *get, CURLcode code, char **ret_reason)
{
  double connected = 0;

  switch (code)
    {
    case CURLE_OPERATION_TIMEDOUT:
      curl_easy_getinfo (get->easy, CURLINFO_CONNECT_TIME, &connected);
      return connected > 0 ? HTTP_RETRY : HTTP_UNREACHABLE;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
      return HTTP_UNREACHABLE;
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_SSL_CONNECT_ERROR:
      return HTTP_RETRY;
    case CURLE_PEER_FAILED_VERIFICATION:
      return HTTP_UNTRUSTED;
    case CURLE_UNSUPPORTED_PROTOCOL:
      g_free (*ret_reason);
      *ret_reason = redirect_reason (get);
      return HTTP_FAILED;
    case CURLE_OUT_OF_MEMORY:
      return HTTP_LOCAL;
    default:
      return HTTP_FAILED;
    }
}

/* What libcurl says, without the time that it took: the same trouble is to have the same words. */
static char *
curl_reason (HttpGet *get, CURLcode code)
{
  g_autoptr (GRegex) time = g_regex_new (" after [0-9]+ ms", 0, 0, NULL);
  const char *text = get->text[0] != '\0' ? get->text : curl_easy_strerror (code);
  char *reason = g_regex_replace_literal (time, text, -1, 0, "", 0, NULL);

  return reason != NULL ? reason : g_strdup (text);
}

HttpOutcome
http_get_outcome (HttpGet *get, CURLcode code, char **ret_reason)
{
  curl_easy_getinfo (get->easy, CURLINFO_RESPONSE_CODE, &get->status);
  if (code == CURLE_OK && (get->status == 200 || get->status == 206) && !http_get_begin (get))
    code = CURLE_WRITE_ERROR;
  if (get->write_errno != 0)
    {
      *ret_reason = g_strdup_printf ("cannot write the download cache: %s", g_strerror (get->write_errno));
      return HTTP_LOCAL;
    }
  /* An error page may well be longer than the file. */
  if (get->too_large || (code == CURLE_FILESIZE_EXCEEDED && get->status < 400))
    {
      *ret_reason = g_strdup_printf ("the server sends more than %" G_GUINT64_FORMAT " bytes", get->max);
      return HTTP_FAILED;
    }
  if (get->wrong_range)
    {
      *ret_reason = g_strdup ("the server sends other bytes than it was asked for");
      return HTTP_RESTART;
    }
  if (get->status >= 400 || (code == CURLE_OK && get->status != 200 && get->status != 206))
    return http_status_outcome (get, ret_reason);
  if (code == CURLE_OK)
    return HTTP_DONE;
  *ret_reason = curl_reason (get, code);
  return http_code_outcome (get, code, ret_reason);
}
