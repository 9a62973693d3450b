/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How a file gets into the cache.
 *
 * Each item is a Transfer.  It starts at its first address; what comes is written into `downloads/.part-DIGEST`,
 * which survives failures and whole runs.  A later attempt asks only for the bytes after it.  When the body is
 * complete the file is hashed from the disk; only a match renames it to `downloads/DIGEST`.  A mismatch of a file that
 * was continued (the server's copy may have changed in between) starts it once more from nothing; a mismatch of a whole
 * file deletes it and goes on to the next address.
 *
 * Failures that may pass (no connection, stall, cut-off, 5xx) are tried again at the same address with growing pauses,
 * others at the next one.  An exclusive lock on the cache keeps two builds from writing the same part file; it is one
 * lock, not one a file, so that two builds cannot wait for each other.
 */
#include "builder/sources/fetch.h"

#include <errno.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/sources/cache.h"
#include "builder/sources/http.h"

#define FETCH_PARALLEL 8
#define FETCH_LINES 50        /* of more files than this, a log gets one line for all */
#define FETCH_MAX_SIZE (G_GUINT64_CONSTANT (32) << 30)

typedef struct
{
  HttpGet get;             /* first: the private pointer of the curl handle */
  FetchItem *item;
  char *final_name, *part_name;
  guint url_index, attempt;
  guint number;            /* in the order of their beginning, from 1; 0: not begun */
  gint64 not_before;       /* monotonic, microseconds */
  gboolean active, done, all_missing;
} Transfer;

typedef struct
{
  FetchOptions options;
  int downloads_fd;
  CURLM *multi;
  GPtrArray *transfers;
  guint n_active, n_done;
  guint first_open;        /* all transfers before it are done */
  guint n_started;
  const Transfer *shown;   /* on the terminal */
} Fetch;

FetchItem *
fetch_item_new (const char *name, const FileHashes *hashes)
{
  FetchItem *item = g_new0 (FetchItem, 1);

  item->name = g_strdup (name);
  item->hashes = *hashes;
  return item;
}

void
fetch_item_free (FetchItem *item)
{
  g_free (item->name);
  g_free (item->place);
  g_strfreev (item->urls);
  g_free (item->missing_hint);
  g_free (item);
}

static Transfer *
transfer_new (FetchItem *item)
{
  Transfer *transfer = g_new0 (Transfer, 1);

  transfer->item = item;
  transfer->get.fd = -1;
  transfer->final_name = hashes_cache_name (&item->hashes);
  transfer->part_name = g_strconcat (".part-", transfer->final_name, NULL);
  transfer->all_missing = TRUE;
  return transfer;
}

static void
transfer_free (Transfer *transfer)
{
  http_get_clear (&transfer->get);
  file_close_fd (&transfer->get.fd);
  g_free (transfer->final_name);
  g_free (transfer->part_name);
  g_free (transfer);
}

static void
fetch_options_fill (FetchOptions *options)
{
  if (options->connect_seconds == 0)
    options->connect_seconds = FETCH_CONNECT_SECONDS;
  if (options->stall_seconds == 0)
    options->stall_seconds = FETCH_STALL_SECONDS;
  if (options->attempts == 0)
    options->attempts = FETCH_ATTEMPTS;
}

/* The body is complete: take it for good, or find out what to do.  *ret_wrong is set when the content is wrong. */
static gboolean
transfer_commit (Fetch *fetch, Transfer *transfer, gboolean *ret_wrong, GError **error)
{
  FetchItem *item = transfer->item;

  *ret_wrong = FALSE;
  if (!hashes_verify_fd (&item->hashes, transfer->get.fd, item->name, NULL, error))
    {
      *ret_wrong = TRUE;
      return FALSE;
    }
  if (fchmod (transfer->get.fd, 0644) < 0
      || renameat (fetch->downloads_fd, transfer->part_name, fetch->downloads_fd, transfer->final_name) < 0)
    return error_throw_errno (error, errno, "Cannot put %s into the download cache", item->name);
  file_close_fd (&transfer->get.fd);
  transfer->done = TRUE;
  fetch->n_done++;
  return TRUE;
}

static gboolean
transfer_open_part (Fetch *fetch, Transfer *transfer, GError **error)
{
  HttpGet *get = &transfer->get;
  struct stat st;

  if (get->fd < 0)
    get->fd = openat (fetch->downloads_fd, transfer->part_name,
                      O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
  if (get->fd < 0 || fstat (get->fd, &st) < 0)
    return error_throw_errno (error, errno, "Cannot open the download cache's file %s", transfer->part_name);
  if (!S_ISREG (st.st_mode))
    return error_throw (error, "The download cache's %s is not a regular file", transfer->part_name);
  get->max = transfer->item->size != 0 ? transfer->item->size : FETCH_MAX_SIZE;
  get->offset = st.st_size;
  if (get->offset > get->max)
    {
      if (ftruncate (get->fd, 0) < 0)
        return error_throw_errno (error, errno, "Cannot empty the download cache's %s", transfer->part_name);
      get->offset = 0;
    }
  return TRUE;
}

static void
fetch_announce (Fetch *fetch, const Transfer *transfer)
{
  g_autofree char *size = transfer->item->size != 0 ? g_format_size (transfer->item->size) : NULL;
  g_autofree char *text = g_strdup_printf ("fetching %s (%u of %u%s%s)", transfer->item->name, transfer->number,
                                           fetch->transfers->len, size != NULL ? ", " : "", size != NULL ? size : "");

  progress_step (fetch->options.progress, text);
}

static gboolean
transfer_start (Fetch *fetch, Transfer *transfer, GError **error)
{
  HttpGet *get = &transfer->get;

  if (!transfer_open_part (fetch, transfer, error))
    return FALSE;
  /* An earlier run may have ended between the last byte and the rename. */
  if (transfer->item->size != 0 && get->offset == transfer->item->size)
    {
      gboolean wrong = FALSE;

      if (transfer_commit (fetch, transfer, &wrong, NULL))
        return TRUE;
      if (ftruncate (get->fd, 0) < 0)
        return error_throw_errno (error, errno, "Cannot empty the download cache's %s", transfer->part_name);
      get->offset = 0;
    }
  if (!http_get_prepare (get, transfer->item->urls[transfer->url_index], fetch->options.connect_seconds,
                         fetch->options.stall_seconds, error))
    return FALSE;
  if (transfer->item->referer != NULL)
    curl_easy_setopt (get->easy, CURLOPT_REFERER, transfer->item->referer);
  if (curl_multi_add_handle (fetch->multi, get->easy) != CURLM_OK)
    return error_throw (error, "Cannot fetch %s: libcurl refuses the transfer", transfer->item->name);
  transfer->active = TRUE;
  fetch->n_active++;
  if (transfer->number == 0)
    {
      transfer->number = ++fetch->n_started;
      if (!terminal_is_interactive () && fetch->transfers->len <= FETCH_LINES)
        fetch_announce (fetch, transfer);
    }
  return TRUE;
}

/* This attempt is over.  FALSE when there is nothing left to try. */
static gboolean
transfer_next (Fetch *fetch, Transfer *transfer, HttpOutcome outcome, const char *reason, GError **error)
{
  FetchItem *item = transfer->item;
  const char *url = item->urls[transfer->url_index];

  if (outcome != HTTP_MISSING)
    transfer->all_missing = FALSE;
  if (outcome == HTTP_RETRY && transfer->attempt + 1 < fetch->options.attempts)
    {
      transfer->not_before = g_get_monotonic_time () + ((gint64) 500000 << transfer->attempt);
      transfer->attempt++;
      return TRUE;
    }
  if (outcome != HTTP_LOCAL && item->urls[transfer->url_index + 1] != NULL)
    {
      transfer->url_index++;
      transfer->attempt = 0;
      return TRUE;
    }
  return error_throw_code (error, outcome == HTTP_MISSING ? ERROR_NOT_FOUND : ERROR_FAILED,
                           "Cannot fetch %s from %s: %s%s%s", item->name, url, reason,
                           transfer->all_missing && item->missing_hint != NULL ? ". " : "",
                           transfer->all_missing && item->missing_hint != NULL ? item->missing_hint : "");
}

/* All bytes are there (or the server says that there are no more): compare. */
static gboolean
transfer_complete (Fetch *fetch, Transfer *transfer, GError **error)
{
  g_autoptr (GError) local = NULL;
  gboolean wrong = FALSE;
  gboolean continued = transfer->get.offset > 0;

  if (transfer_commit (fetch, transfer, &wrong, &local))
    return TRUE;
  if (!wrong)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  /* Nothing of a wrong file is kept. */
  unlinkat (fetch->downloads_fd, transfer->part_name, 0);
  file_close_fd (&transfer->get.fd);
  if (continued)
    return TRUE;
  if (transfer->item->urls[transfer->url_index + 1] != NULL)
    return transfer_next (fetch, transfer, HTTP_FAILED, local->message, error);
  g_propagate_prefixed_error (error, g_steal_pointer (&local), "Refused what came from %s: ",
                              transfer->item->urls[transfer->url_index]);
  return FALSE;
}

static gboolean
transfer_ended (Fetch *fetch, Transfer *transfer, CURLcode code, GError **error)
{
  g_autofree char *reason = NULL;
  HttpOutcome outcome = http_get_outcome (&transfer->get, code, &reason);

  curl_multi_remove_handle (fetch->multi, transfer->get.easy);
  http_get_clear (&transfer->get);
  transfer->active = FALSE;
  fetch->n_active--;
  /* Progress was made: a long file over a bad line is not given up after a few cuts. */
  if (outcome == HTTP_RETRY && transfer->get.received >= 1024 * 1024)
    transfer->attempt = 0;
  if (outcome == HTTP_DONE || outcome == HTTP_RESTART)
    return transfer_complete (fetch, transfer, error);
  return transfer_next (fetch, transfer, outcome, reason, error);
}

/* On a terminal the line belongs to the oldest file that is on its way. */
static void
fetch_show (Fetch *fetch)
{
  Transfer *shown = NULL;
  curl_off_t length = -1;
  guint64 total;

  for (guint i = fetch->first_open; shown == NULL && i < fetch->transfers->len; i++)
    if (((Transfer *) g_ptr_array_index (fetch->transfers, i))->active)
      shown = g_ptr_array_index (fetch->transfers, i);
  if (fetch->options.progress == NULL || shown == NULL)
    return;
  if (shown != fetch->shown && terminal_is_interactive ())
    fetch_announce (fetch, shown);
  fetch->shown = shown;
  total = shown->item->size;
  if (total == 0 && curl_easy_getinfo (shown->get.easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length) == CURLE_OK && length > 0)
    total = shown->get.offset + (guint64) length;
  progress_set (fetch->options.progress, (shown->get.offset + shown->get.received) / 1024, (total + 1023) / 1024);
}

/* Say which line of the manifest wanted the file. */
static gboolean
fetch_blame (const FetchItem *item, GError **error)
{
  return item->place != NULL ? error_prefix (error, "%s", item->place) : FALSE;
}

static gboolean
fetch_start_ready (Fetch *fetch, GError **error)
{
  gint64 now = g_get_monotonic_time ();

  for (guint i = fetch->first_open; i < fetch->transfers->len && fetch->n_active < FETCH_PARALLEL; i++)
    {
      Transfer *transfer = g_ptr_array_index (fetch->transfers, i);

      if (transfer->done && i == fetch->first_open)
        fetch->first_open++;
      if (!transfer->done && !transfer->active && transfer->not_before <= now && !transfer_start (fetch, transfer, error))
        return fetch_blame (transfer->item, error);
    }
  return TRUE;
}

static gboolean
fetch_loop (Fetch *fetch, GError **error)
{
  while (fetch->n_done < fetch->transfers->len)
    {
      CURLMsg *message = NULL;
      int running = 0, left = 0;

      if (!fetch_start_ready (fetch, error))
        return FALSE;
      if (curl_multi_perform (fetch->multi, &running) != CURLM_OK)
        return error_throw (error, "Cannot fetch: libcurl failed inside");
      while ((message = curl_multi_info_read (fetch->multi, &left)) != NULL)
        {
          char *private = NULL;
          CURLcode code = message->data.result;
          Transfer *transfer = NULL;

          if (message->msg != CURLMSG_DONE)
            continue;
          curl_easy_getinfo (message->easy_handle, CURLINFO_PRIVATE, &private);
          transfer = (Transfer *) private;
          if (!transfer_ended (fetch, transfer, code, error))
            return fetch_blame (transfer->item, error);
        }
      fetch_show (fetch);
      if (fetch->n_done < fetch->transfers->len)
        curl_multi_poll (fetch->multi, NULL, 0, 200, NULL);
    }
  return TRUE;
}

/* Items that are not in the cache yet; the same file twice is fetched once. */
static GPtrArray *
fetch_select (GPtrArray *items, int cache_fd)
{
  GPtrArray *transfers = g_ptr_array_new_with_free_func ((GDestroyNotify) transfer_free);
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < items->len; i++)
    {
      FetchItem *item = g_ptr_array_index (items, i);
      Transfer *transfer = NULL;

      if (cache_has (cache_fd, &item->hashes))
        continue;
      transfer = transfer_new (item);
      if (g_hash_table_add (seen, transfer->final_name))
        g_ptr_array_add (transfers, transfer);
      else
        transfer_free (transfer);
    }
  return transfers;
}

static gboolean
fetch_check (GPtrArray *items, GError **error)
{
  for (guint i = 0; i < items->len; i++)
    {
      FetchItem *item = g_ptr_array_index (items, i);

      if (!hashes_any (&item->hashes))
        return error_throw_code (error, ERROR_REFUSED, "%s is to be fetched, so its sha256 must be given", item->name);
      if (item->urls == NULL || item->urls[0] == NULL)
        return error_throw (error, "No address is given to fetch %s from", item->name);
      for (guint j = 0; item->urls[j] != NULL; j++)
        if (!http_url_check (item->urls[j], error))
          return fetch_blame (item, error);
    }
  return TRUE;
}

/* One build at a time writes to the cache; the others say what they wait for. */
static int
fetch_lock (int downloads_fd, Progress *progress, GError **error)
{
  g_autoptr (GError) busy = NULL;
  int fd = file_lock (downloads_fd, ".lock", TRUE, FALSE, &busy);

  if (fd >= 0)
    return fd;
  if (!g_error_matches (busy, ERROR_DOMAIN, ERROR_UNAVAILABLE))
    {
      g_propagate_error (error, g_steal_pointer (&busy));
      return -1;
    }
  progress_step (progress, "waiting for the downloads of another build");
  return file_lock (downloads_fd, ".lock", TRUE, TRUE, error);
}

gboolean
fetch_files (GPtrArray *items, const FetchOptions *options, GError **error)
{
  Fetch fetch = { .options = *options };
  g_autoptr (GPtrArray) transfers = NULL;
  autofd downloads_fd = -1;
  autofd lock_fd = -1;
  g_autofree char *what = NULL;
  struct stat st;
  gboolean ok;

  fetch_options_fill (&fetch.options);
  if (!fetch_check (items, error))
    return FALSE;
  transfers = fetch_select (items, options->cache_fd);
  if (transfers->len == 0)
    return TRUE;
  if (options->offline)
    return error_throw_code (error, ERROR_UNAVAILABLE, "%s%s not in the download cache, and the network is not to be "
                             "used (--offline)", ((Transfer *) g_ptr_array_index (transfers, 0))->item->name,
                             transfers->len > 1 ? " and others are" : " is");
  downloads_fd = cache_downloads (options->cache_fd, error);
  if (downloads_fd < 0)
    return FALSE;
  lock_fd = fetch_lock (downloads_fd, options->progress, error);
  if (lock_fd < 0)
    return FALSE;
  g_clear_pointer (&transfers, g_ptr_array_unref);
  transfers = fetch_select (items, options->cache_fd);
  if (transfers->len == 0)
    return TRUE;

  what = g_strdup_printf ("fetching %u files", transfers->len);
  if (transfers->len > FETCH_LINES && !terminal_is_interactive ())
    progress_step (options->progress, what);
  fetch.downloads_fd = downloads_fd;
  fetch.transfers = transfers;
  fetch.multi = curl_multi_init ();
  curl_multi_setopt (fetch.multi, CURLMOPT_MAX_HOST_CONNECTIONS, 6L);
  ok = fetch_loop (&fetch, error);
  for (guint i = 0; i < transfers->len; i++)
    {
      Transfer *transfer = g_ptr_array_index (transfers, i);

      if (transfer->active)
        curl_multi_remove_handle (fetch.multi, transfer->get.easy);
      http_get_clear (&transfer->get);
      /* What was begun stays for the next run, what was not leaves nothing. */
      if (transfer->get.fd >= 0 && fstat (transfer->get.fd, &st) == 0 && st.st_size == 0)
        unlinkat (downloads_fd, transfer->part_name, 0);
    }
  curl_multi_cleanup (fetch.multi);
  return ok;
}
