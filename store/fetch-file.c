/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/fetch-file.h"

#include <curl/curl.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

#define CONNECT_SECONDS 30L
#define REDIRECTS_MAX 10L
/* So that also a slow server gives a sign of life for each of them, and a fast one not for every packet. */
#define REPORT_BYTES (64u << 10)

typedef struct
{
  int fd;
  guint64 received, max;
  guint64 reported;
  void (*progress) (guint done, guint total);
  int write_errno;
  gboolean too_large;
} Body;

static size_t
write_body (char *data, size_t one, size_t length, void *user)
{
  Body *body = user;

  if (length > body->max - body->received)
    {
      body->too_large = TRUE;
      return 0;
    }
  for (size_t done = 0; done < length;)
    {
      ssize_t n = write (body->fd, data + done, length - done);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        {
          body->write_errno = n < 0 ? errno : ENOSPC;
          return 0;
        }
      done += (size_t) n;
    }
  body->received += length;
  if (body->received - body->reported >= REPORT_BYTES)
    {
      body->progress ((guint) (body->received >> 10), (guint) (body->max >> 10));
      body->reported = body->received;
    }
  return length;
}

static CURL *
prepare (Body *body, const char *url, char *text)
{
  CURL *easy = curl_easy_init ();

  if (easy == NULL)
    return NULL;
  curl_easy_setopt (easy, CURLOPT_URL, url);
  curl_easy_setopt (easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt (easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt (easy, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt (easy, CURLOPT_MAXREDIRS, REDIRECTS_MAX);
  curl_easy_setopt (easy, CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);
  curl_easy_setopt (easy, CURLOPT_USERAGENT, "nacelle/" NACELLE_VERSION);
  curl_easy_setopt (easy, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt (easy, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
  curl_easy_setopt (easy, CURLOPT_ERRORBUFFER, text);
  curl_easy_setopt (easy, CURLOPT_WRITEFUNCTION, write_body);
  curl_easy_setopt (easy, CURLOPT_WRITEDATA, body);
  return easy;
}

gboolean
fetch_file (int fd, const char *url, guint64 max_bytes, void (*progress) (guint done, guint total), GError **error)
{
  Body body = { .fd = fd, .max = max_bytes, .progress = progress };
  char text[CURL_ERROR_SIZE] = "";

  curl_global_init (CURL_GLOBAL_DEFAULT);
  CURL *easy = prepare (&body, url, text);
  if (easy == NULL)
    return error_throw (error, "libcurl gives no handle");
  CURLcode code = curl_easy_perform (easy);
  long status = 0;
  curl_easy_getinfo (easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_cleanup (easy);
  if (code == CURLE_OK)
    return TRUE;
  if (body.too_large)
    return error_throw_code (error, ERROR_REFUSED, "the server sends more than the %" G_GUINT64_FORMAT " bytes that the file has",
                             max_bytes);
  if (body.write_errno != 0)
    return error_throw_errno (error, body.write_errno, "cannot write the file");
  if (status >= 400)
    return error_throw (error, "the server answered %ld%s", status, status == 404 ? " (not found)" : "");
  /* In libostree's form, so that both are explained alike (failure.h). */
  return error_throw (error, "While fetching %s: [%d] %s", url, (int) code, *text != '\0' ? text : curl_easy_strerror (code));
}
