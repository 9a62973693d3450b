/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What comes is written into the part file of the address (cache.h), which survives failures and whole runs.  A later attempt asks
 * only for the bytes after it, and names the version of the file that it has the beginning of: a server whose file is another one now
 * sends all of it.  When the body is complete the file is hashed from the disk; only a match gives it its name.  A mismatch of a
 * file that was continued (not all servers say versions) starts it once more from nothing; a mismatch of a whole file deletes it and
 * goes on to the next address.
 *
 * Failures that may pass (no connection, stall, cut-off, 5xx) are tried again at the same address with growing pauses, others at the
 * next one.
 */
#include "builder/sources/transfer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

#define MAX_SIZE (G_GUINT64_CONSTANT (32) << 30)
#define PROGRESS_BYTES (1024 * 1024)      /* after so many an attempt does not count as failed */
#define RETRY_AFTER_MAX 60
#define VALIDATOR_MAX 1000

const char *
transfer_url (const Transfer *transfer)
{
  return transfer->item->urls[transfer->url_index];
}

static void
name_parts (Transfer *transfer)
{
  g_autofree char *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, transfer_url (transfer), -1);

  g_free (transfer->part_name);
  g_free (transfer->from_name);
  transfer->part_name = g_strdup_printf (".part-%s-%.16s", transfer->final_name, sum);
  transfer->from_name = g_strdup_printf (".from-%s-%.16s", transfer->final_name, sum);
}

static gboolean
is_same_host (char *const *urls)
{
  g_autofree char *first = http_url_host (urls[0]);
  gboolean same = TRUE;

  for (gsize i = 1; urls[i] != NULL && same; i++)
    {
      g_autofree char *host = http_url_host (urls[i]);

      same = strcmp (host, first) == 0;
    }
  return same;
}

Transfer *
transfer_new (const FetchItem *item, int downloads_fd, const FetchOptions *options)
{
  Transfer *transfer = g_new0 (Transfer, 1);

  transfer->item = item;
  transfer->downloads_fd = downloads_fd;
  transfer->options = options;
  transfer->get.fd = transfer->lock_fd = -1;
  transfer->final_name = hashes_cache_name (&item->hashes);
  transfer->all_missing = TRUE;
  transfer->same_host = is_same_host (item->urls);
  transfer->tried = g_string_new (NULL);
  name_parts (transfer);
  return transfer;
}

/* What was begun stays for the next run, what was not leaves nothing. */
static void
close_part (Transfer *transfer)
{
  struct stat st;

  if (transfer->get.fd >= 0 && fstat (transfer->get.fd, &st) == 0 && st.st_size == 0)
    {
      unlinkat (transfer->downloads_fd, transfer->part_name, 0);
      unlinkat (transfer->downloads_fd, transfer->from_name, 0);
    }
  file_close_fd (&transfer->get.fd);
}

static void
remove_part (Transfer *transfer)
{
  file_close_fd (&transfer->get.fd);
  unlinkat (transfer->downloads_fd, transfer->part_name, 0);
  unlinkat (transfer->downloads_fd, transfer->from_name, 0);
}

void
transfer_free (Transfer *transfer)
{
  http_get_clear (&transfer->get);
  close_part (transfer);
  file_close_fd (&transfer->lock_fd);
  fetch_job_end (transfer->job, "interrupted"); /* one that ended has none */
  g_string_free (transfer->tried, TRUE);
  g_free (transfer->validator);
  g_free (transfer->final_name);
  g_free (transfer->part_name);
  g_free (transfer->from_name);
  g_free (transfer->host);
  g_free (transfer->host_reason);
  g_clear_error (&transfer->failure);
  g_free (transfer);
}

/* Takes `error`; NULL: the file is there. */
static void
end (Transfer *transfer, GError *error)
{
  close_part (transfer);
  transfer->failure = error;
  transfer->ended = TRUE;
  if (transfer->job == NULL)
    fetch_report_skip (transfer->options->report, transfer->item->name, error != NULL ? error->message : NULL);
  fetch_job_end (g_steal_pointer (&transfer->job), error != NULL ? error->message : NULL);
  file_close_fd (&transfer->lock_fd);
}

void
transfer_is_there (Transfer *transfer)
{
  end (transfer, NULL);
}

static void
end_of_disk (Transfer *transfer, int saved_errno, const char *what)
{
  GError *error = NULL;

  error_throw_errno (&error, saved_errno, "Cannot %s the download cache's file %s", what, transfer->part_name);
  end (transfer, error);
}

/* ---- the part file --------------------------------------------------------------------------------------------------- */

static gboolean
open_part (Transfer *transfer)
{
  HttpGet *get = &transfer->get;
  struct stat st;

  if (get->fd < 0)
    get->fd = openat (transfer->downloads_fd, transfer->part_name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
  if (get->fd >= 0)
    (void) flock (get->fd, LOCK_EX | LOCK_NB); /* in use: builder/leftovers.h */
  if (get->fd < 0 || fstat (get->fd, &st) < 0)
    {
      end_of_disk (transfer, errno, "open");
      return FALSE;
    }
  if (!S_ISREG (st.st_mode))
    {
      end_of_disk (transfer, EINVAL, "use");
      return FALSE;
    }
  get->max = transfer->item->size != 0 ? transfer->item->size : MAX_SIZE;
  get->offset = st.st_size;
  if (get->offset > get->max || transfer->decode)
    {
      if (ftruncate (get->fd, 0) < 0)
        {
          end_of_disk (transfer, errno, "empty");
          return FALSE;
        }
      get->offset = 0;
    }
  return TRUE;
}

/* Of two kinds of version only these are exact enough for a range: an ETag that isn't weak, or a date. */
static char *
read_validator (HttpGet *get)
{
  const char *tag = http_get_header (get, "ETag");
  const char *date = http_get_header (get, "Last-Modified");
  const char *chosen = tag != NULL && tag[0] == '"' ? tag : date;

  if (chosen == NULL || strlen (chosen) > VALIDATOR_MAX)
    return NULL;
  for (const char *p = chosen; *p != '\0'; p++)
    if ((guchar) *p < 0x20 || (guchar) *p >= 0x7f)
      return NULL;
  return g_strdup (chosen);
}

/* Written down before the first byte, so that a part never stands under the version of another one. */
static gboolean
on_begin (HttpGet *get, gpointer user)
{
  Transfer *transfer = user;
  g_autofree char *validator = NULL;

  if (get->status != 200)
    return TRUE;
  validator = read_validator (get);
  if (validator == NULL || transfer->decode)
    unlinkat (transfer->downloads_fd, transfer->from_name, 0);
  else if (!file_write_unsynced (transfer->downloads_fd, transfer->from_name, validator, strlen (validator), 0600, NULL))
    {
      get->write_errno = EIO;
      return FALSE;
    }
  return TRUE;
}

static gboolean
commit (Transfer *transfer, GError **error)
{
  const FetchItem *item = transfer->item;

  if (fchmod (transfer->get.fd, 0644) < 0
      || renameat (transfer->downloads_fd, transfer->part_name, transfer->downloads_fd, transfer->final_name) < 0)
    return error_throw_errno (error, errno, "Cannot put %s into the download cache", item->name);
  file_close_fd (&transfer->get.fd);
  /* Beginnings from other addresses are of no more use. */
  for (transfer->url_index = 0; item->urls[transfer->url_index] != NULL; transfer->url_index++)
    {
      name_parts (transfer);
      remove_part (transfer);
    }
  transfer->url_index = 0;
  return TRUE;
}

/* ---- attempts -------------------------------------------------------------------------------------------------------- */

gboolean
transfer_start (Transfer *transfer)
{
  HttpGet *get = &transfer->get;
  GError *error = NULL;

  if (transfer->job == NULL)
    transfer->job = fetch_job_new (transfer->options->report, transfer->item->name, transfer_url (transfer), transfer->item->size);
  if (!open_part (transfer))
    return FALSE;
  /* An earlier run may have ended between the last byte and the rename. */
  if (transfer->item->size != 0 && get->offset == transfer->item->size)
    {
      if (hashes_verify_fd (&transfer->item->hashes, get->fd, transfer->item->name, NULL, NULL))
        {
          commit (transfer, &error);
          end (transfer, error);
          return FALSE;
        }
      if (ftruncate (get->fd, 0) < 0)
        {
          end_of_disk (transfer, errno, "empty");
          return FALSE;
        }
      get->offset = 0;
    }
  g_free (transfer->validator);
  transfer->validator = get->offset > 0 ? file_read (transfer->downloads_fd, transfer->from_name, VALIDATOR_MAX, NULL, NULL) : NULL;
  get->validator = transfer->validator != NULL && *transfer->validator != '\0' ? transfer->validator : NULL;
  get->connect_seconds = transfer->options->connect_seconds;
  get->no_downgrade = transfer->item->hashes.hex[HASH_SHA256] == NULL && transfer->item->hashes.hex[HASH_SHA512] == NULL;
  get->decode = transfer->decode;
  get->extra = transfer->item->headers;
  get->begin = on_begin;
  get->user = transfer;
  if (!http_get_prepare (get, transfer_url (transfer), &error))
    {
      end (transfer, error);
      return FALSE;
    }
  if (transfer->item->referer != NULL)
    curl_easy_setopt (get->easy, CURLOPT_REFERER, transfer->item->referer);
  transfer->last_byte = g_get_monotonic_time ();
  transfer->last_received = 0;
  return TRUE;
}

static void
fail (Transfer *transfer, HttpOutcome outcome, const char *reason)
{
  const FetchItem *item = transfer->item;
  gboolean hint = transfer->all_missing && item->missing_hint != NULL;
  GError *error = NULL;

  if (transfer->same_host && transfer->tried->len == 0 && (outcome == HTTP_UNREACHABLE || outcome == HTTP_UNTRUSTED))
    {
      transfer->host = http_url_host (transfer_url (transfer));
      transfer->host_reason = g_strdup (reason);
    }
  error_throw_code (&error, outcome == HTTP_MISSING ? ERROR_NOT_FOUND : ERROR_FAILED, "Cannot fetch %s from %s%s: %s%s%s", item->name,
                    transfer->tried->str, transfer_url (transfer), reason, hint ? ". " : "", hint ? item->missing_hint : "");
  end (transfer, error);
}

static void
next_address (Transfer *transfer, HttpOutcome outcome, const char *reason)
{
  const char *url = transfer_url (transfer);

  if (outcome == HTTP_LOCAL || transfer->item->urls[transfer->url_index + 1] == NULL)
    {
      fail (transfer, outcome, reason);
      return;
    }
  close_part (transfer);
  g_string_append_printf (transfer->tried, "%s: %s; from ", url, reason);
  fetch_report_note (transfer->options->report, "%s: %s, so it is tried elsewhere", url, reason);
  transfer->url_index++;
  transfer->attempt = 0;
  transfer->decode = FALSE;
  name_parts (transfer);
}

/* What the server asks for, within reason, or growing pauses. */
static gint64
pause_before (const Transfer *transfer, gint64 retry_after)
{
  gint64 pause = (gint64) (G_USEC_PER_SEC / 2) << MIN (transfer->attempt, 6);

  return MAX (pause, MIN (retry_after, RETRY_AFTER_MAX) * G_USEC_PER_SEC);
}

static void
try_next (Transfer *transfer, HttpOutcome outcome, const char *reason, gint64 retry_after)
{
  gboolean passing = outcome == HTTP_RETRY || outcome == HTTP_UNREACHABLE;

  if (outcome != HTTP_MISSING)
    transfer->all_missing = FALSE;
  if (passing && transfer->attempt + 1 < transfer->options->attempts)
    {
      g_autofree char *host = http_url_host (transfer_url (transfer));

      fetch_report_note (transfer->options->report, "%s: %s; trying again", outcome == HTTP_UNREACHABLE ? host : transfer->item->name,
                         reason);
      transfer->not_before = g_get_monotonic_time () + pause_before (transfer, retry_after);
      transfer->attempt++;
      return;
    }
  next_address (transfer, outcome, reason);
}

/* All bytes are there, or the server says that there are no more. */
static void
complete (Transfer *transfer, gboolean encoded)
{
  const FetchItem *item = transfer->item;
  gboolean continued = transfer->get.offset > 0;
  GError *error = NULL;

  if (hashes_verify_fd (&item->hashes, transfer->get.fd, item->name, NULL, &error))
    {
      commit (transfer, &error);
      end (transfer, error);
      return;
    }
  /* Nothing of a wrong file is kept. */
  remove_part (transfer);
  /* Some servers compress what is plain, though nobody asked them to. */
  if (!continued && encoded && !transfer->decode)
    transfer->decode = TRUE;
  else if (!continued && item->urls[transfer->url_index + 1] != NULL)
    next_address (transfer, HTTP_FAILED, error->message);
  else if (!continued)
    {
      g_prefix_error (&error, "Refused what came from %s%s: ", transfer->tried->str, transfer_url (transfer));
      end (transfer, g_steal_pointer (&error));
    }
  g_clear_error (&error);
}

/* A long file over a bad line is not given up after a few cuts. */
static void
note_progress (Transfer *transfer)
{
  guint64 here = transfer->get.offset + transfer->get.received;

  if (here < transfer->best + PROGRESS_BYTES)
    return;
  transfer->best = here;
  transfer->attempt = 0;
}

void
transfer_finish (Transfer *transfer, CURLcode code)
{
  HttpGet *get = &transfer->get;
  g_autofree char *reason = NULL;
  HttpOutcome outcome = http_get_outcome (get, code, &reason);
  const char *encoding = http_get_header (get, "Content-Encoding");
  gboolean encoded = encoding != NULL && g_ascii_strcasecmp (encoding, "identity") != 0;
  curl_off_t retry_after = 0;

  curl_easy_getinfo (get->easy, CURLINFO_RETRY_AFTER, &retry_after);
  http_get_clear (get);
  transfer->active = FALSE;
  note_progress (transfer);
  if (outcome == HTTP_DONE)
    fetch_job_set (transfer->job, get->offset + get->received, get->offset + get->received);
  if (outcome == HTTP_DONE || outcome == HTTP_RESTART)
    complete (transfer, encoded);
  else
    try_next (transfer, outcome, reason, retry_after);
}

void
transfer_give_up_attempt (Transfer *transfer, HttpOutcome outcome, const char *reason)
{
  note_progress (transfer);
  http_get_clear (&transfer->get);
  transfer->active = FALSE;
  try_next (transfer, outcome, reason, 0);
}
