/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/sources/fetch.h"

#include "base/error.h"
#include "builder/sources/http.h"

static char *
fetch_text (HttpGet *get, const char *url, const char *name, const FetchOptions *given, gsize *ret_length, GError **error)
{
  FetchOptions options = *given;
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *reason = NULL;

  if (!fetch_options_fill (&options, error))
    return NULL;
  if (options.offline)
    {
      error_throw_code (error, ERROR_UNAVAILABLE, "%s must be fetched from %s, and the network is not to be used "
                        "(--offline)", name, url);
      return NULL;
    }
  get->memory = text;
  get->connect_seconds = options.connect_seconds;
  get->stall_seconds = (guint) options.stall_seconds + 1;
  get->no_downgrade = TRUE;
  for (guint attempt = 0; attempt < options.attempts; attempt++)
    {
      HttpOutcome outcome;

      if (attempt > 0)
        g_usleep ((gulong) 500000 << MIN (attempt - 1, 6));
      g_string_truncate (text, 0);
      g_clear_pointer (&reason, g_free);
      if (!http_get_prepare (get, url, error))
        return NULL;
      outcome = http_get_outcome (get, curl_easy_perform (get->easy), &reason);
      http_get_clear (get);
      if (outcome == HTTP_DONE)
        {
          *ret_length = text->len;
          return g_string_free (g_steal_pointer (&text), FALSE);
        }
      if (outcome != HTTP_RETRY && outcome != HTTP_UNREACHABLE)
        break;
    }
  error_throw (error, "Cannot fetch %s from %s: %s", name, url, reason);
  return NULL;
}

char *
fetch_document (const char *url, const char *name, gsize max, const FetchOptions *options, gsize *ret_length, GError **error)
{
  HttpGet get = { .fd = -1, .max = max };

  return fetch_text (&get, url, name, options, ret_length, error);
}

char *
fetch_answer (const char *url, const char *name, const char *type, const char *body, gsize max, const FetchOptions *options,
              gsize *ret_length, GError **error)
{
  g_autofree char *accept = g_strconcat ("Accept: ", type, NULL);
  g_autofree char *content = g_strconcat ("Content-Type: ", type, NULL);
  char *const lines[] = { accept, content, NULL };
  HttpGet get = { .fd = -1, .max = max, .extra = lines, .post = body };

  return fetch_text (&get, url, name, options, ret_length, error);
}
