/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Many files beside each other: one libcurl multi handle runs the transfers (transfer.c), this loop starts those whose time has come
 * and ends those that stall.
 *
 * A transfer first takes the lock of its file.  One that finds it taken looks again a little later, whether the file has come
 * meanwhile or the lock is free, and keeps no other from running: so two builds that want the same files never wait for each other in
 * a circle.
 *
 * A host that could not be reached by one transfer with all its attempts is not tried by those that come after it.
 */
#include "builder/sources/fetch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/sources/cache.h"
#include "builder/sources/transfer.h"

#define PARALLEL 8
#define PARALLEL_HOST 6L
#define LOOK_AGAIN (G_USEC_PER_SEC / 4)
#define LOOP_MS 100

typedef struct
{
  const FetchOptions *options;
  int downloads_fd;
  CURLM *multi;
  GPtrArray *transfers;
  GHashTable *dead_hosts;  /* host -> reason */
  guint n_active, n_ended;
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
  g_strfreev (item->headers);
  g_free (item->missing_hint);
  g_free (item);
}

static gboolean
read_number (const char *variable, double least, double *value, GError **error)
{
  const char *text = g_getenv (variable);
  char *rest = NULL;

  if (text == NULL || *text == '\0')
    return TRUE;
  *value = g_ascii_strtod (text, &rest);
  if (rest == text || *rest != '\0' || !(*value >= least && *value <= 86400))
    return error_throw_code (error, ERROR_USAGE, "%s=%s is not a number from %g to 86400", variable, text, least);
  return TRUE;
}

gboolean
fetch_options_fill (FetchOptions *options, GError **error)
{
  double stall = FETCH_STALL_SECONDS, attempts = FETCH_ATTEMPTS;

  if (!read_number ("NACELLE_FETCH_STALL", 0.1, &stall, error) || !read_number ("NACELLE_FETCH_ATTEMPTS", 1, &attempts, error))
    return FALSE;
  if (options->connect_seconds == 0)
    options->connect_seconds = FETCH_CONNECT_SECONDS;
  if (options->stall_seconds <= 0)
    options->stall_seconds = stall;
  if (options->attempts == 0)
    options->attempts = (guint) attempts;
  return TRUE;
}

/* ---- beginning a transfer -------------------------------------------------------------------------------------------- */

/* TRUE when the lock is held and the file still has to be fetched. */
static gboolean
take_lock (Fetch *fetch, Transfer *transfer)
{
  g_autoptr (GError) local = NULL;

  if (transfer->lock_fd < 0)
    transfer->lock_fd = cache_lock (fetch->downloads_fd, transfer->final_name, FALSE, &local);
  if (transfer->lock_fd < 0 && g_error_matches (local, ERROR_DOMAIN, ERROR_UNAVAILABLE))
    {
      if (!transfer->waited)
        fetch_report_note (fetch->options->report, "waiting for %s, which another appbuild is fetching", transfer->item->name);
      transfer->waited = TRUE;
      transfer->not_before = g_get_monotonic_time () + LOOK_AGAIN;
      return FALSE;
    }
  /* A file system without locks does not keep anybody from fetching: the part file may be spoilt, and then begins anew. */
  if (!cache_has (fetch->options->cache_fd, &transfer->item->hashes))
    return TRUE;
  transfer_is_there (transfer);
  return FALSE;
}

static gboolean
host_is_dead (Fetch *fetch, Transfer *transfer)
{
  g_autofree char *host = http_url_host (transfer_url (transfer));
  const char *reason = g_hash_table_lookup (fetch->dead_hosts, host);

  if (reason == NULL)
    return FALSE;
  transfer->attempt = fetch->options->attempts;
  transfer_give_up_attempt (transfer, HTTP_UNREACHABLE, reason);
  return TRUE;
}

static void
begin (Fetch *fetch, Transfer *transfer)
{
  if (!take_lock (fetch, transfer) || host_is_dead (fetch, transfer) || !transfer_start (transfer))
    return;
  if (curl_multi_add_handle (fetch->multi, transfer->get.easy) != CURLM_OK)
    {
      transfer_give_up_attempt (transfer, HTTP_LOCAL, "libcurl refuses the transfer");
      return;
    }
  transfer->active = TRUE;
  fetch->n_active++;
}

static void
start_ready (Fetch *fetch)
{
  gint64 now = g_get_monotonic_time ();

  for (guint i = 0; i < fetch->transfers->len && fetch->n_active < PARALLEL; i++)
    {
      Transfer *transfer = g_ptr_array_index (fetch->transfers, i);

      if (transfer->ended || transfer->active || transfer->not_before > now)
        continue;
      begin (fetch, transfer);
      fetch->n_ended += transfer->ended ? 1 : 0;
    }
}

/* ---- ending it ------------------------------------------------------------------------------------------------------- */

static void
stop (Fetch *fetch, Transfer *transfer)
{
  curl_multi_remove_handle (fetch->multi, transfer->get.easy);
  fetch->n_active--;
}

static void
look_at_end (Fetch *fetch, Transfer *transfer)
{
  if (transfer->host != NULL && !g_hash_table_contains (fetch->dead_hosts, transfer->host))
    g_hash_table_insert (fetch->dead_hosts, g_strdup (transfer->host), g_strdup (transfer->host_reason));
  fetch->n_ended += transfer->ended ? 1 : 0;
}

static void
take_finished (Fetch *fetch)
{
  CURLMsg *message = NULL;
  int left = 0;

  while ((message = curl_multi_info_read (fetch->multi, &left)) != NULL)
    {
      char *private = NULL;
      CURLcode code = message->data.result;
      Transfer *transfer = NULL;

      if (message->msg != CURLMSG_DONE)
        continue;
      curl_easy_getinfo (message->easy_handle, CURLINFO_PRIVATE, &private);
      transfer = (Transfer *) private;
      stop (fetch, transfer);
      transfer_finish (transfer, code);
      look_at_end (fetch, transfer);
    }
}

/* `idle` is how long nobody looked for bytes: the hash of a large file takes its time. */
static void
watch_active (Fetch *fetch, gint64 idle)
{
  gint64 now = g_get_monotonic_time ();
  gint64 limit = (gint64) (fetch->options->stall_seconds * G_USEC_PER_SEC);

  for (guint i = 0; i < fetch->transfers->len; i++)
    {
      Transfer *transfer = g_ptr_array_index (fetch->transfers, i);
      const HttpGet *get = &transfer->get;
      guint64 length;

      if (!transfer->active)
        continue;
      length = http_get_length (&transfer->get);
      fetch_job_set (transfer->job, get->offset + get->received,
                     transfer->item->size > 0 ? transfer->item->size : length > 0 && !get->decode ? get->offset + length : 0);
      transfer->last_byte += idle;
      if (get->received != transfer->last_received)
        transfer->last_byte = now;
      transfer->last_received = get->received;
      if (now - transfer->last_byte > limit)
        {
          g_autofree char *reason = g_strdup_printf ("no byte came for %g seconds", fetch->options->stall_seconds);

          stop (fetch, transfer);
          transfer_give_up_attempt (transfer, HTTP_RETRY, reason);
          look_at_end (fetch, transfer);
        }
    }
}

static void
run (Fetch *fetch)
{
  while (fetch->n_ended < fetch->transfers->len)
    {
      gint64 before;
      int running = 0;

      start_ready (fetch);
      curl_multi_perform (fetch->multi, &running);
      before = g_get_monotonic_time ();
      take_finished (fetch);
      watch_active (fetch, g_get_monotonic_time () - before);
      if (fetch->n_ended < fetch->transfers->len)
        curl_multi_poll (fetch->multi, NULL, 0, LOOP_MS, NULL);
    }
}

/* ---- the whole ------------------------------------------------------------------------------------------------------- */

static gboolean
check (const FetchItem *item, GError **error)
{
  if (!hashes_any (&item->hashes))
    return error_throw_code (error, ERROR_REFUSED, "%s is to be fetched, so its sha256 must be given", item->name);
  if (item->urls == NULL || item->urls[0] == NULL)
    return error_throw (error, "No address is given to fetch %s from", item->name);
  for (guint j = 0; item->urls[j] != NULL; j++)
    if (!http_url_check (item->urls[j], error))
      return FALSE;
  return TRUE;
}

/* The addresses of `other`, which has the same hash, after those of `item`. */
static void
add_addresses (FetchItem *item, const FetchItem *other)
{
  g_autoptr (GStrvBuilder) urls = g_strv_builder_new ();

  g_strv_builder_addv (urls, (const char **) item->urls);
  for (guint i = 0; other->urls[i] != NULL; i++)
    if (!g_strv_contains ((const char *const *) item->urls, other->urls[i]))
      g_strv_builder_add (urls, other->urls[i]);
  g_strfreev (item->urls);
  item->urls = g_strv_builder_end (urls);
}

/* Items that are not in the cache; the same file twice is fetched once, from any of its addresses. */
static GPtrArray *
select_missing (GPtrArray *items, const FetchOptions *options, GPtrArray *failures)
{
  GPtrArray *missing = g_ptr_array_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < items->len; i++)
    {
      FetchItem *item = g_ptr_array_index (items, i);
      GError *error = NULL;

      if (!check (item, &error))
        {
          fetch_failures_add (failures, item->place, item->name, error);
          continue;
        }
      g_autofree char *name = hashes_cache_name (&item->hashes);
      FetchItem *first = g_hash_table_lookup (seen, name);

      if (first != NULL)
        add_addresses (first, item);
      if (first != NULL || cache_has (options->cache_fd, &item->hashes))
        continue;
      g_hash_table_insert (seen, g_steal_pointer (&name), item);
      if (options->offline)
        {
          error_throw_code (&error, ERROR_UNAVAILABLE, "%s is not in the download cache, and the network is not to be used "
                            "(--offline)", item->name);
          fetch_failures_add (failures, item->place, item->name, error);
          continue;
        }
      g_ptr_array_add (missing, item);
    }
  return missing;
}

static void
collect_failure (Transfer *transfer, GPtrArray *failures)
{
  FetchFailure *failure = NULL;

  if (transfer->failure == NULL)
    return;
  fetch_failures_add (failures, transfer->item->place, transfer->item->name, g_steal_pointer (&transfer->failure));
  failure = failures->pdata[failures->len - 1];
  failure->host = g_steal_pointer (&transfer->host);
  failure->host_reason = g_steal_pointer (&transfer->host_reason);
}

static gboolean
fetch_missing (GPtrArray *missing, const FetchOptions *options, GPtrArray *failures, GError **error)
{
  g_autoptr (GPtrArray) transfers = g_ptr_array_new_with_free_func ((GDestroyNotify) transfer_free);
  g_autoptr (GHashTable) dead_hosts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  Fetch fetch = { .options = options, .transfers = transfers, .dead_hosts = dead_hosts };
  autofd downloads_fd = cache_downloads (options->cache_fd, error);

  if (downloads_fd < 0)
    return FALSE;
  fetch.downloads_fd = downloads_fd;
  fetch.multi = curl_multi_init ();
  if (fetch.multi == NULL)
    return error_throw (error, "Cannot fetch: libcurl gives no handle");
  curl_multi_setopt (fetch.multi, CURLMOPT_MAX_HOST_CONNECTIONS, PARALLEL_HOST);
  for (guint i = 0; i < missing->len; i++)
    g_ptr_array_add (transfers, transfer_new (missing->pdata[i], downloads_fd, options));
  run (&fetch);
  for (guint i = 0; i < transfers->len; i++)
    collect_failure (transfers->pdata[i], failures);
  curl_multi_cleanup (fetch.multi);
  return TRUE;
}

void
fetch_files_all (GPtrArray *items, const FetchOptions *given, GPtrArray *failures)
{
  FetchOptions options = *given;
  g_autoptr (GPtrArray) missing = NULL;
  GError *error = NULL;

  missing = select_missing (items, &options, failures);
  if (missing->len == 0)
    return;
  fetch_report_expect (options.report, missing->len);
  if (!fetch_options_fill (&options, &error) || !fetch_missing (missing, &options, failures, &error))
    fetch_failures_add (failures, NULL, "the files", error);
}

gboolean
fetch_files (GPtrArray *items, const FetchOptions *options, GError **error)
{
  g_autoptr (GPtrArray) failures = fetch_failures_new ();

  fetch_files_all (items, options, failures);
  return fetch_failures_throw (failures, error);
}
