/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/sources/http.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

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

/* The body of an error page must not get into the file, whatever libcurl thinks of the status. */
static size_t
http_get_write (char *data, size_t one, size_t length, void *user)
{
  HttpGet *get = user;
  long status = 0;

  curl_easy_getinfo (get->easy, CURLINFO_RESPONSE_CODE, &status);
  if (status != 200 && status != 206)
    return length;
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

gboolean
http_get_prepare (HttpGet *get, const char *url, guint connect_seconds, guint stall_seconds, GError **error)
{
  static gsize once = 0;
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
  get->too_large = FALSE;
  get->write_errno = 0;
  curl_easy_setopt (easy, CURLOPT_URL, url);
  curl_easy_setopt (easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt (easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt (easy, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt (easy, CURLOPT_MAXREDIRS, 10L);
  curl_easy_setopt (easy, CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);
  curl_easy_setopt (easy, CURLOPT_USERAGENT, "nacelle/" NACELLE_VERSION);
  curl_easy_setopt (easy, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt (easy, CURLOPT_CONNECTTIMEOUT, (long) connect_seconds);
  curl_easy_setopt (easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt (easy, CURLOPT_LOW_SPEED_TIME, (long) stall_seconds);
  curl_easy_setopt (easy, CURLOPT_RESUME_FROM_LARGE, (curl_off_t) get->offset);
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
}

static HttpOutcome
http_status_outcome (HttpGet *get, long status, char **ret_reason)
{
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

HttpOutcome
http_get_outcome (HttpGet *get, CURLcode code, char **ret_reason)
{
  long status = 0;

  curl_easy_getinfo (get->easy, CURLINFO_RESPONSE_CODE, &status);
  if (get->write_errno != 0)
    {
      *ret_reason = g_strdup_printf ("cannot write the download cache: %s", g_strerror (get->write_errno));
      return HTTP_LOCAL;
    }
  if (get->too_large)
    {
      *ret_reason = g_strdup_printf ("the server sends more than %" G_GUINT64_FORMAT " bytes", get->max);
      return HTTP_FAILED;
    }
  if (status >= 400)
    return http_status_outcome (get, status, ret_reason);
  if (code == CURLE_OK && status != 200 && status != 206)
    return http_status_outcome (get, status, ret_reason);
  if (code == CURLE_OK)
    return HTTP_DONE;

  *ret_reason = g_strdup (get->text[0] != '\0' ? get->text : curl_easy_strerror (code));
  switch (code)
    {
    case CURLE_RANGE_ERROR:
    case CURLE_BAD_DOWNLOAD_RESUME:
      return HTTP_RESTART;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_SSL_CONNECT_ERROR:
      return HTTP_RETRY;
    case CURLE_UNSUPPORTED_PROTOCOL:
      g_free (*ret_reason);
      *ret_reason = g_strdup ("the server redirects to an address that is neither http:// nor https://");
      return HTTP_FAILED;
    case CURLE_OUT_OF_MEMORY:
      return HTTP_LOCAL;
    default:
      return HTTP_FAILED;
    }
}
