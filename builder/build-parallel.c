/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Manifests with `depends`: modules that have nothing to do with each other are built at the same time.
 *
 * Each module has a tree of its own, laid together from the cache: what the modules that it starts from have kept there, in build order,
 * and nothing else.  So what a module sees does not depend on which others happen to be ready, and the result is the same bytes with
 * any number of jobs.  The commands run in threads; trees are laid together and results kept by the one thread that called, which is
 * also the only one that shows progress.
 *
 * A module is taken from the cache when its result is there and nothing that it starts from is built in this run.  Results of the
 * cache are checked when they are laid on: one that is found damaged then is built again, and so is what starts from it.
 *
 * When a module fails, those that are just being built are finished and kept, and the first failure is told.
 */
#include "builder/build-private.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/depends.h"
#include "builder/epoch.h"
#include "builder/interrupt.h"
#include "builder/layer.h"
#include "builder/tree/normalise.h"

typedef enum
{
  MODULE_WAITS,
  MODULE_RUNS,
  MODULE_IS_BUILT,
  MODULE_IS_REUSED,   /* of an earlier build */
} ModuleState;

typedef struct
{
  Build *build;
  ModuleState *states;
  gboolean *const *needs;         /* depends_closure() of each, and of the result */
  const char *const *names;
  GAsyncQueue *ended;       /* Job */
  guint n_running;
  GError *error;            /* the first */
} Schedule;

typedef struct
{
  const Build *build;
  SourceContext sources;
  BuildWork work;
  char *folder;             /* in the work directory, with everything of this module */
  GAsyncQueue *ended;
  GThread *thread;
  GError *error;
} Job;

static void
job_free (Job *job)
{
  build_work_clear (&job->work);
  if (job->folder != NULL)
    (void) file_remove_tree (job->build->work_fd, job->folder, NULL); /* else it goes with the whole work directory */
  g_free (job->folder);
  g_clear_error (&job->error);
  g_free (job);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Job, job_free)

/* Is its result in the cache? */
static gboolean
is_kept (const Schedule *schedule, guint index)
{
  return schedule->states[index] >= MODULE_IS_BUILT;
}

/* The tree that module `index` (or the result) starts from.  *ret_damaged: the module whose result was of no use, else -1. */
static gboolean
lay_together (Schedule *schedule, guint index, int tree_fd, int *ret_damaged, GError **error)
{
  Build *build = schedule->build;
  g_autoptr (LayerOwners) owners = layer_owners_new ();

  *ret_damaged = -1;
  if (!build_start_tree (build, tree_fd, error))
    return FALSE;
  for (guint i = 0; i < build->n_wanted; i++)
    {
      g_autoptr (GError) local = NULL;
      g_autofree char *key = record_cache_key (build->keys->pdata[i + 1]);

      if (!schedule->needs[index][i])
        continue;
      if (layer_owners_add (owners, build->cache, key, i, schedule->needs[i], schedule->names, &local)
          && treecache_get (build->cache, key, tree_fd, &local))
        continue;
      if (g_error_matches (local, ERROR_DOMAIN, ERROR_NOT_FOUND))
        *ret_damaged = (int) i;
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  return tree_normalise (tree_fd, build_epoch (), error);
}

/* Build it again, and what starts from it. */
static void
forget (Schedule *schedule, guint index)
{
  for (guint i = index; i < schedule->build->n_wanted; i++)
    if ((i == index || schedule->needs[i][index]) && is_kept (schedule, i))
      schedule->states[i] = MODULE_WAITS;
}

static void
find_kept (Schedule *schedule)
{
  Build *build = schedule->build;

  for (guint i = 0; i < build->n_wanted; i++)
    {
      g_autofree char *key = record_cache_key (build->keys->pdata[i + 1]);
      g_autoptr (GPtrArray) changes = treecache_has (build->cache, key) ? build_load_changes (build, i) : NULL;
      gboolean usable = changes != NULL;

      for (guint j = 0; usable && j < i; j++)
        usable = !schedule->needs[i][j] || is_kept (schedule, j);
      if (!usable)
        continue;
      schedule->states[i] = MODULE_IS_REUSED;
      build->changes->pdata[i] = g_steal_pointer (&changes);
    }
}

static gpointer
run_job (gpointer data)
{
  Job *job = data;

  if (!build_work_run (job->build, &job->work, &job->sources, &job->error) && job->error == NULL)
    error_throw (&job->error, "module %u failed", job->work.index + 1);
  g_async_queue_push (job->ended, job);
  return NULL;
}

static gboolean
start_job (Schedule *schedule, guint index, int *ret_damaged, GError **error)
{
  Build *build = schedule->build;
  g_autoptr (Job) job = g_new0 (Job, 1);

  *ret_damaged = -1;
  job->build = build;
  job->sources = build->sources;
  job->sources.progress = NULL;
  job->work = (BuildWork) { .index = index, .tree_fd = -1, .work_fd = -1 };
  job->ended = schedule->ended;
  job->folder = g_strdup_printf ("module-%u", index);
  if (!file_remove_tree (build->work_fd, job->folder, error))
    return FALSE;
  job->work.work_fd = file_mkdir_p (build->work_fd, job->folder, 0755, error);
  job->work.tree_fd = job->work.work_fd >= 0 ? file_mkdir_p (job->work.work_fd, "tree", 0755, error) : -1;
  if (job->work.tree_fd < 0 || !lay_together (schedule, index, job->work.tree_fd, ret_damaged, error)
      || !build_work_begin (build, &job->work, error))
    return FALSE;
  job->thread = g_thread_try_new (schedule->names[index], run_job, job, error);
  if (job->thread == NULL)
    return FALSE;
  (void) g_steal_pointer (&job); /* comes back through the queue */
  schedule->states[index] = MODULE_RUNS;
  schedule->n_running++;
  return TRUE;
}

/* Wait for one that runs. */
static void
end_job (Schedule *schedule)
{
  g_autoptr (Job) job = g_async_queue_pop (schedule->ended);
  guint index = job->work.index;

  g_thread_join (job->thread);
  schedule->n_running--;
  schedule->states[index] = MODULE_WAITS;
  if (job->error == NULL && build_work_keep (schedule->build, &job->work, &job->error))
    {
      schedule->states[index] = MODULE_IS_BUILT;
      g_clear_pointer ((GPtrArray **) &schedule->build->changes->pdata[index], g_ptr_array_unref);
      schedule->build->changes->pdata[index] = g_steal_pointer (&job->work.changes);
    }
  else if (schedule->error == NULL)
    schedule->error = g_steal_pointer (&job->error);
}

static gboolean
is_ready (const Schedule *schedule, guint index)
{
  if (schedule->states[index] != MODULE_WAITS)
    return FALSE;
  for (guint i = 0; i < index; i++)
    if (schedule->needs[index][i] && !is_kept (schedule, i))
      return FALSE;
  return TRUE;
}

/* Start what can be started.  A damaged result only means more to do. */
static void
start_ready (Schedule *schedule)
{
  const Build *build = schedule->build;

  for (guint i = 0; i < build->n_wanted && schedule->error == NULL && schedule->n_running < build->plan->jobs; i++)
    {
      g_autoptr (GError) local = NULL;
      int damaged;

      if (!is_ready (schedule, i) || start_job (schedule, i, &damaged, &local))
        continue;
      if (damaged >= 0)
        forget (schedule, (guint) damaged);
      else
        schedule->error = g_steal_pointer (&local);
    }
}

static gboolean
all_kept (const Schedule *schedule)
{
  for (guint i = 0; i < schedule->build->n_wanted; i++)
    if (!is_kept (schedule, i))
      return FALSE;
  return TRUE;
}

static gboolean
run_schedule (Schedule *schedule, GError **error)
{
  while (schedule->error == NULL && !all_kept (schedule))
    {
      start_ready (schedule);
      if (schedule->n_running > 0)
        end_job (schedule);
    }
  while (schedule->n_running > 0)
    end_job (schedule);
  if (schedule->error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&schedule->error));
  return FALSE;
}

/* The tree of the result, of all modules. */
static gboolean
build_all (Schedule *schedule, GError **error)
{
  Build *build = schedule->build;

  while (run_schedule (schedule, error))
    {
      g_autoptr (GError) local = NULL;
      int damaged;

      if (lay_together (schedule, build->plan->modules->len, build->tree_fd, &damaged, &local))
        return TRUE;
      if (damaged < 0)
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return FALSE;
        }
      forget (schedule, (guint) damaged);
      file_close_fd (&build->tree_fd);
      if (!file_remove_tree (build->bundle_fd, "files", error))
        return FALSE;
      build->tree_fd = file_mkdir_p (build->bundle_fd, "files", 0755, error);
      if (build->tree_fd < 0)
        return FALSE;
    }
  return FALSE;
}

gboolean
build_modules_parallel (Build *build, GError **error)
{
  guint n = build->plan->modules->len;
  g_autofree ModuleState *states = g_malloc0_n (n, sizeof *states);
  g_autoptr (GPtrArray) needs = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autoptr (GAsyncQueue) ended = g_async_queue_new ();

  for (guint i = 0; i <= n; i++)
    g_ptr_array_add (needs, depends_closure (build->plan, i));
  for (guint i = 0; i < n; i++)
    g_ptr_array_add (names, ((const BuildModule *) build->plan->modules->pdata[i])->name);
  g_ptr_array_set_size (build->changes, (int) n);
  Schedule schedule = {
    .build = build,
    .states = states,
    .needs = (gboolean *const *) needs->pdata,
    .names = (const char *const *) names->pdata,
    .ended = ended,
  };
  find_kept (&schedule);
  /* One watch for all, so that an interrupt ends every command that runs. */
  if (interrupt_begin (error) < 0)
    return FALSE;
  gboolean ok = build_all (&schedule, error);
  if (ok && interrupt_pending ())
    ok = error_throw_code (error, ERROR_CANCELLED, "interrupted");
  interrupt_end ();
  for (guint i = 0; ok && i < build->n_wanted; i++)
    if (states[i] == MODULE_IS_REUSED)
      {
        build->n_reused += 1;
        ok = record_write (build->state, build->plan, i, build->records->pdata[i], error);
      }
  return ok;
}
