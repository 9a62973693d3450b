/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/sources/report.h"

#include "base/error.h"
#include "base/json.h"

#define LINES_MAX 50       /* of more things than this a log gets one line for all */
#define EVENT_INTERVAL (G_USEC_PER_SEC / 2)
#define NAMES_MAX 4        /* of what cannot be had from one host */

struct FetchReport
{
  GMutex mutex;
  Progress *progress;
  FetchEventFunc event;
  guint n_expected, n_begun, n_ended;
  gboolean summed_up;
  GHashTable *notes;       /* all that were said */
};

struct FetchJob
{
  FetchReport *report;
  char *name;
  guint64 done;
  gint64 last_event;
  ProgressBar *bar;
};

FetchReport *
fetch_report_new (Progress *progress, FetchEventFunc event)
{
  FetchReport *report = g_new0 (FetchReport, 1);

  g_mutex_init (&report->mutex);
  report->progress = event != NULL ? NULL : progress;
  report->event = event;
  report->notes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return report;
}

void
fetch_report_free (FetchReport *report)
{
  if (report == NULL)
    return;
  g_mutex_clear (&report->mutex);
  g_hash_table_unref (report->notes);
  g_free (report);
}

static JsonBuilder *
event_new (const char *event)
{
  JsonBuilder *builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_add_string (builder, "event", event);
  return builder;
}

/* Takes the builder. */
static void
event_send (const FetchReport *report, JsonBuilder *builder)
{
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  json_generator_set_root (generator, root);
  text = json_generator_to_data (generator, NULL);
  report->event (text);
  g_object_unref (builder);
}

static void
show_count (FetchReport *report)
{
  if (terminal_is_interactive ())
    progress_set (report->progress, report->n_ended, report->n_expected);
}

void
fetch_report_expect (FetchReport *report, guint n)
{
  if (report == NULL || n == 0)
    return;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&report->mutex);
  report->n_expected += n;
  if (terminal_is_interactive ())
    {
      progress_step (report->progress, "fetching sources");
      show_count (report);
    }
}

void
fetch_report_note (FetchReport *report, const char *format, ...)
{
  va_list args;
  g_autofree char *text = NULL;

  if (report == NULL)
    return;
  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&report->mutex);
  if (!g_hash_table_add (report->notes, g_strdup (text)))
    return;
  progress_note (report->progress, text);
  if (report->event != NULL)
    {
      JsonBuilder *builder = event_new ("note");

      json_add_string (builder, "text", text);
      event_send (report, builder);
    }
}

/* One plain line a job, unless they are too many. */
static void
announce (FetchReport *report, const char *name, guint64 size)
{
  g_autofree char *amount = size > 0 ? terminal_size (size) : NULL;
  g_autofree char *text = NULL;

  if (terminal_is_interactive ())
    return;
  if (report->n_expected > LINES_MAX && report->summed_up)
    return;
  if (report->n_expected > LINES_MAX)
    text = g_strdup_printf ("fetching %u sources", report->n_expected);
  else
    text = g_strdup_printf ("fetching %s (%u of %u%s%s)", name, report->n_begun, report->n_expected, amount != NULL ? ", " : "",
                            amount != NULL ? amount : "");
  report->summed_up = report->n_expected > LINES_MAX;
  progress_step (report->progress, text);
}

FetchJob *
fetch_job_new (FetchReport *report, const char *name, const char *url, guint64 size)
{
  FetchJob *job;

  if (report == NULL)
    return NULL;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&report->mutex);
  report->n_begun++;
  report->n_expected = MAX (report->n_expected, report->n_begun);
  job = g_new0 (FetchJob, 1);
  job->report = report;
  job->name = g_strdup (name);
  announce (report, name, size);
  job->bar = progress_bar_new (report->progress, name);
  if (report->event != NULL)
    {
      JsonBuilder *builder = event_new ("start");

      json_add_string (builder, "name", name);
      if (url != NULL)
        json_add_string (builder, "url", url);
      if (size > 0)
        json_add_integer (builder, "size", (gint64) size);
      event_send (report, builder);
    }
  return job;
}

void
fetch_job_set (FetchJob *job, guint64 done, guint64 total)
{
  gint64 now = g_get_monotonic_time ();

  if (job == NULL)
    return;
  progress_bar_set (job->bar, done, total);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&job->report->mutex);
  if (job->report->event != NULL && done != job->done && now - job->last_event >= EVENT_INTERVAL)
    {
      JsonBuilder *builder = event_new ("progress");

      json_add_string (builder, "name", job->name);
      json_add_integer (builder, "done", (gint64) done);
      if (total > 0)
        json_add_integer (builder, "total", (gint64) total);
      event_send (job->report, builder);
      job->last_event = now;
    }
  job->done = done;
}

/* The lock is held. */
static void
count_end (FetchReport *report, const char *name, const char *reason, guint64 size)
{
  report->n_ended++;
  show_count (report);
  if (report->event != NULL)
    {
      JsonBuilder *builder = event_new (reason != NULL ? "failed" : "done");

      json_add_string (builder, "name", name);
      if (reason != NULL)
        json_add_string (builder, "reason", reason);
      else if (size > 0)
        json_add_integer (builder, "size", (gint64) size);
      event_send (report, builder);
    }
}

void
fetch_report_skip (FetchReport *report, const char *name, const char *reason)
{
  if (report == NULL)
    return;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&report->mutex);
  report->n_begun++;
  count_end (report, name, reason, 0);
}

void
fetch_job_end (FetchJob *job, const char *reason)
{
  FetchReport *report = job != NULL ? job->report : NULL;

  if (job == NULL)
    return;
  progress_bar_free (job->bar);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&report->mutex);
  count_end (report, job->name, reason, job->done);
  g_free (job->name);
  g_free (job);
}

/* ---- failures -------------------------------------------------------------------------------------------------------- */

static void
fetch_failure_free (gpointer data)
{
  FetchFailure *failure = data;

  g_free (failure->place);
  g_free (failure->name);
  g_free (failure->host);
  g_free (failure->host_reason);
  g_error_free (failure->error);
  g_free (failure);
}

GPtrArray *
fetch_failures_new (void)
{
  return g_ptr_array_new_with_free_func (fetch_failure_free);
}

void
fetch_failures_add (GPtrArray *failures, const char *place, const char *name, GError *error)
{
  FetchFailure *failure = g_new0 (FetchFailure, 1);

  failure->place = g_strdup (place);
  failure->name = g_strdup (name);
  failure->error = error;
  g_ptr_array_add (failures, failure);
}

static guint
count_of_host (const GPtrArray *failures, const char *host)
{
  guint n = 0;

  for (guint i = 0; i < failures->len; i++)
    n += g_strcmp0 (((FetchFailure *) failures->pdata[i])->host, host) == 0;
  return n;
}

/* "Cannot fetch 12 sources from HOST: REASON. They are a, b, c, d and 8 more" */
static void
add_host (GString *text, const GPtrArray *failures, const FetchFailure *first, guint n)
{
  guint named = 0;

  g_string_append_printf (text, "Cannot fetch %u sources from %s: %s. They are", n, first->host, first->host_reason);
  for (guint i = 0; i < failures->len && named < NAMES_MAX; i++)
    {
      const FetchFailure *failure = failures->pdata[i];

      if (g_strcmp0 (failure->host, first->host) == 0)
        g_string_append_printf (text, "%s %s", named++ == 0 ? "" : named == n ? " and" : ",", failure->name);
    }
  if (n > named)
    g_string_append_printf (text, " and %u more", n - named);
}

gboolean
fetch_failures_throw (const GPtrArray *failures, GError **error)
{
  g_autoptr (GHashTable) hosts = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GString) text = g_string_new (NULL);
  guint n_lines = 0;

  if (failures->len == 0)
    return TRUE;
  for (guint i = 0; i < failures->len; i++)
    {
      const FetchFailure *failure = failures->pdata[i];
      guint n = failure->host != NULL ? count_of_host (failures, failure->host) : 1;

      if (n > 1 && !g_hash_table_add (hosts, failure->host))
        continue;
      g_string_append (text, n_lines++ > 0 ? "\n  " : "");
      if (n > 1)
        add_host (text, failures, failure, n);
      else
        g_string_append_printf (text, "%s%s%s", failure->place != NULL ? failure->place : "", failure->place != NULL ? ": " : "",
                                failure->error->message);
    }
  const FetchFailure *first = failures->pdata[0];
  if (n_lines == 1)
    return error_throw_code (error, first->error->domain == ERROR_DOMAIN ? (ErrorCode) first->error->code : ERROR_FAILED, "%s",
                             text->str);
  return error_throw (error, "%u sources could not be fetched:\n  %s", failures->len, text->str);
}
