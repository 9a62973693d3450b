/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * All sources of a build at once: this thread fetches the files, a few others the repositories and packages meanwhile.  Whatever
 * fails, the rest is still fetched, and the error names all that is missing.
 */
#include "builder/sources/source.h"

#include <string.h>

#include "base/error.h"
#include "builder/sources/fetch.h"
#include "builder/sources/kinds.h"

#define THREADS_MAX 4

typedef struct
{
  const SourceContext *context;
  GMutex mutex;            /* of what follows */
  GPtrArray *failures;
} Gather;

/* The sources of a task are fetched one after the other. */
static GPtrArray *
task_new (void)
{
  return g_ptr_array_new ();
}

static char *
source_place (const ManifestSource *source)
{
  return source->place.file != NULL ? g_strdup_printf ("%s:%u", source->place.file, source->place.line) : NULL;
}

static const char *
source_name (const ManifestSource *source)
{
  return source->url != NULL ? source->url : source->path != NULL ? source->path : source->type;
}

/* What git, svn and brz say when it is the way to the host that fails; the line of it, or NULL.  Caller frees. */
static char *
host_trouble (const char *message)
{
  static const char *const signs[] = { "Could not resolve host", "Failed to connect to", "Couldn't connect to", "Connection refused",
                                       "SSL certificate problem", "server certificate verification failed" };

  for (gsize i = 0; i < G_N_ELEMENTS (signs); i++)
    {
      const char *found = strstr (message, signs[i]);

      if (found != NULL)
        return g_strndup (found, strcspn (found, "\n"));
    }
  return NULL;
}

/* Takes `error`. */
static void
add_failure (Gather *gather, const ManifestSource *source, GError *error)
{
  g_autofree char *place = source_place (source);
  g_autofree char *trouble = source->url != NULL ? host_trouble (error->message) : NULL;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&gather->mutex);
  FetchFailure *failure;

  fetch_failures_add (gather->failures, place, source_name (source), error);
  failure = gather->failures->pdata[gather->failures->len - 1];
  if (trouble == NULL)
    return;
  const char *host = strstr (source->url, "://");
  failure->host = host != NULL ? g_ascii_strdown (host + 3, (gssize) strcspn (host + 3, "/?#")) : NULL;
  failure->host_reason = g_steal_pointer (&trouble);
}

static void
run_task (gpointer data, gpointer user)
{
  g_autoptr (GPtrArray) task = data;
  Gather *gather = user;

  for (guint i = 0; i < task->len; i++)
    {
      const ManifestSource *source = task->pdata[i];
      GError *error = NULL;

      if (!source_kind_find (source->type)->fetch (source, gather->context, &error))
        add_failure (gather, source, error);
    }
}

/* Sort the sources: `items` gets the files, `tasks` the rest. */
static void
sort_sources (Gather *gather, GPtrArray *sources, GPtrArray *items, GPtrArray *tasks)
{
  g_autoptr (GHashTable) turns = g_hash_table_new (g_direct_hash, g_direct_equal);

  for (guint i = 0; i < sources->len; i++)
    {
      ManifestSource *source = sources->pdata[i];
      const SourceKind *kind = source_kind_find (source->type);
      GPtrArray *task = NULL;
      GError *error = NULL;

      if (kind == NULL)
        error_throw (&error, "There is no source of type %s", source->type);
      else if (kind->queue != NULL)
        kind->queue (source, gather->context, items, &error);
      else if (kind->fetch != NULL)
        {
          task = kind->in_turn ? g_hash_table_lookup (turns, kind) : NULL;
          if (task == NULL)
            g_ptr_array_add (tasks, task = task_new ());
          if (kind->in_turn)
            g_hash_table_insert (turns, (gpointer) kind, task);
          g_ptr_array_add (task, source);
        }
      if (error != NULL)
        add_failure (gather, source, error);
    }
}

static void
gather_all (Gather *gather, GPtrArray *items, GPtrArray *tasks)
{
  const SourceContext *context = gather->context;
  FetchOptions options = { .cache_fd = context->cache_fd, .offline = context->offline, .report = context->report };
  g_autoptr (GPtrArray) failures = fetch_failures_new ();
  GThreadPool *pool = NULL;

  if (tasks->len > 0)
    pool = g_thread_pool_new (run_task, gather, (gint) MIN (tasks->len, THREADS_MAX), FALSE, NULL);
  for (guint i = 0; i < tasks->len; i++)
    g_thread_pool_push (pool, tasks->pdata[i], NULL);
  fetch_files_all (items, &options, failures);
  if (pool != NULL)
    g_thread_pool_free (pool, FALSE, TRUE);
  g_ptr_array_extend_and_steal (gather->failures, g_steal_pointer (&failures));
}

gboolean
source_fetch_all (GPtrArray *sources, const SourceContext *context, GError **error)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func ((GDestroyNotify) fetch_item_free);
  g_autoptr (GPtrArray) tasks = g_ptr_array_new ();   /* each belongs to who runs it */
  g_autoptr (GPtrArray) failures = fetch_failures_new ();
  Gather gather = { .context = context, .failures = failures };

  g_mutex_init (&gather.mutex);
  sort_sources (&gather, sources, items, tasks);
  gather_all (&gather, items, tasks);
  g_mutex_clear (&gather.mutex);
  return fetch_failures_throw (failures, error);
}
