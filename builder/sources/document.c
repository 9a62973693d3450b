/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/sources/fetch.h"

#include "base/error.h"
#include "builder/sources/http.h"

char *
fetch_document (const char *url, const char *name, gsize max, const FetchOptions *given, gsize *ret_length, GError **error)
{
  FetchOptions options = *given;
  HttpGet get = { .fd = -1, .max = max };
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *reason = NULL;

  options.connect_seconds = given->connect_seconds != 0 ? given->connect_seconds : FETCH_CONNECT_SECONDS;
  options.stall_seconds = given->stall_seconds != 0 ? given->stall_seconds : FETCH_STALL_SECONDS;
  options.attempts = given->attempts != 0 ? given->attempts : FETCH_ATTEMPTS;
  if (options.offline)
    {
      error_throw_code (error, ERROR_UNAVAILABLE, "%s must be fetched from %s, and the network is not to be used "
                        "(--offline)", name, url);
      return NULL;
    }
  get.memory = text;
  for (guint attempt = 0; attempt < options.attempts; attempt++)
    {
      HttpOutcome outcome;

      if (attempt > 0)
        g_usleep ((gulong) 500000 << (attempt - 1));
      g_string_truncate (text, 0);
      g_clear_pointer (&reason, g_free);
      if (!http_get_prepare (&get, url, options.connect_seconds, options.stall_seconds, error))
        return NULL;
      outcome = http_get_outcome (&get, curl_easy_perform (get.easy), &reason);
      http_get_clear (&get);
      if (outcome == HTTP_DONE)
        {
          *ret_length = text->len;
          return g_string_free (g_steal_pointer (&text), FALSE);
        }
      if (outcome != HTTP_RETRY)
        break;
    }
  error_throw (error, "Cannot fetch %s from %s: %s", name, url, reason);
  return NULL;
}
