/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The install tree of a manifest without `depends`: the modules are built one after the other, each in what the ones before it have
 * left.  The cache keeps of each what it changed (layer.h); so the tree is restored by laying these over each other, as far as
 * all are there and whole, and the rest is built.
 */
#include "builder/build-private.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/afterwork.h"
#include "builder/depends.h"
#include "builder/epoch.h"
#include "builder/extend.h"
#include "builder/layer.h"
#include "builder/module.h"
#include "builder/space.h"
#include "builder/tree/changes.h"
#include "builder/tree/locales.h"
#include "builder/tree/normalise.h"
#include "builder/writable.h"

#define CHANGES_MAX (256u << 20)

GPtrArray *
build_load_changes (const Build *build, guint i)
{
  gsize length;
  g_autofree char *path = g_build_filename ("changes", build->keys->pdata[i + 1], NULL);
  g_autofree char *data = file_read (build->state->dir_fd, path, CHANGES_MAX, &length, NULL);

  return data != NULL ? tree_changes_parse (data, length) : NULL;
}

gboolean
build_start_tree (const Build *build, int tree_fd, GError **error)
{
  const Ground *start = workshop_is_system (build->plan) ? build->bases->sdk : build->bases->base;

  if (start == NULL)
    return TRUE;
  build_announce (build, "copying", start->deployment->ref->id);
  if (!space_check_need (tree_fd, start->deployment->size, start->deployment->ref->id, error))
    return FALSE;
  return extend_start_tree (build->bases, build->plan, tree_fd, error);
}

gboolean
build_restore_tree (Build *build, GError **error)
{
  guint n, have;

  if (build->image_fd >= 0 || depends_any (build->plan))
    return TRUE;
  if (!build_start_tree (build, build->tree_fd, error) || !writable_begin (build, error))
    return FALSE;
  for (have = 0; have < build->n_wanted; have++)
    {
      g_autofree char *key = record_cache_key (build->keys->pdata[have + 1]);
      GPtrArray *changes = treecache_has (build->cache, key) && writable_has (build, have) ? build_load_changes (build, have) : NULL;

      if (changes == NULL)
        break;
      g_ptr_array_add (build->changes, changes);
    }
  if (have > 0)
    build_announce (build, "restoring the tree after", ((BuildModule *) build->plan->modules->pdata[have - 1])->name);
  for (n = 0; n < have; n++)
    {
      g_autoptr (GError) local = NULL;
      g_autofree char *key = record_cache_key (build->keys->pdata[n + 1]);

      if (treecache_get (build->cache, key, build->tree_fd, &local) && writable_restore (build, n, &local))
        continue;
      /* Damaged: it is built again, and what follows. */
      if (g_error_matches (local, ERROR_DOMAIN, ERROR_NOT_FOUND))
        break;
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  build->n_reused = n;
  g_ptr_array_set_size (build->changes, (int) n);
  return TRUE;
}

/* Translations move at once, as with flatpak-builder: later modules install through the links, and cleanup patterns see these. */
static gboolean
move_locales (const Build *build, int tree_fd, GError **error)
{
  const Manifest *manifest = build->plan->manifest;

  return !manifest->separate_locales || manifest->build_extension || locales_move (tree_fd, error);
}

/* What the module changed, after what is done to it.  NULL on error. */
static GPtrArray *
finish_module (const Build *build, const BuildWork *work, const Workshop *workshop, int source_fd, GError **error)
{
  g_autoptr (TreeListing) after = move_locales (build, work->tree_fd, error) ? tree_listing_new (work->tree_fd, error) : NULL;
  g_autoptr (GPtrArray) changes = after != NULL ? tree_listing_changes (work->before, after) : NULL;
  gboolean changed_more;

  if (changes == NULL
      || !afterwork (workshop, build->plan->modules->pdata[work->index], source_fd, changes, work->log, &changed_more, error))
    return NULL;
  if (!changed_more)
    return g_steal_pointer (&changes);
  g_autoptr (TreeListing) end = tree_listing_new (work->tree_fd, error);
  return end != NULL ? tree_listing_changes (work->before, end) : NULL;
}

void
build_work_clear (BuildWork *work)
{
  g_clear_pointer (&work->log, build_log_free);
  g_clear_pointer (&work->before, tree_listing_free);
  for (WritableTree which = 0; which < N_WRITABLE; which++)
    g_clear_pointer (&work->writable_before[which], tree_listing_free);
  g_clear_pointer (&work->changes, g_ptr_array_unref);
  file_close_fd (&work->tree_fd);
  file_close_fd (&work->work_fd);
}

gboolean
build_work_begin (const Build *build, BuildWork *work, GError **error)
{
  const BuildModule *module = build->plan->modules->pdata[work->index];
  g_autofree char *logs = g_build_filename (build->state->path, "logs", NULL);
  g_autofree char *which = g_strdup_printf ("%s (%u of %u)", module->name, work->index + 1, build->plan->modules->len);

  work->log = build_log_open (build->logs_fd, logs, module->name, build->request->echo_fd, error);
  if (work->log == NULL)
    return FALSE;
  build_announce (build, "building", which);
  progress_set (build->sources.progress, build->n_reused + build->result->n_built, build->n_wanted);
  return TRUE;
}

static gboolean
build_and_finish (const Build *build, BuildWork *work, const SourceContext *sources, GError **error)
{
  const BuildModule *module = build->plan->modules->pdata[work->index];
  const Workshop workshop = { build->plan, build->bases, work->tree_fd };

  work->before = writable_list (build, work, error) ? tree_listing_new (work->tree_fd, error) : NULL;
  autofd source_fd = work->before != NULL ? module_build (&workshop, module, sources, work->work_fd, work->log, error) : -1;
  if (source_fd < 0)
    return FALSE;
  work->changes = finish_module (build, work, &workshop, source_fd, error);
  if (work->changes == NULL || !space_check_left (work->tree_fd, "what its commands wrote", error))
    return error_prefix (error, "cannot keep the result of module '%s'", module->name);
  return TRUE;
}

gboolean
build_work_run (const Build *build, BuildWork *work, const SourceContext *sources, GError **error)
{
  const BuildModule *module = build->plan->modules->pdata[work->index];
  gboolean ok = build_and_finish (build, work, sources, error);

  if (!build->request->keep_build_dirs)
    return ok && module_remove_sources (work->work_fd, error);
  /* Also of a module that failed: then it is worth most. */
  autofd dir = build_state_dir (build->state, "build", ok ? error : NULL);
  return dir >= 0 && module_keep_sources (work->work_fd, dir, module->name, ok ? error : NULL) && ok;
}

gboolean
build_work_keep (Build *build, BuildWork *work, GError **error)
{
  const BuildModule *module = build->plan->modules->pdata[work->index];
  const char *own_key = build->keys->pdata[work->index + 1];
  g_autofree char *key = record_cache_key (own_key);
  g_autoptr (GBytes) bytes = tree_changes_format (work->changes);
  autofd dir = build_state_dir (build->state, "changes", error);

  if (dir < 0
      || !file_write_unsynced (dir, own_key, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), 0644, error)
      || !writable_keep (build, work, error) || !layer_keep (build->cache, key, work->tree_fd, work->before, work->work_fd, error)
      || !record_write (build->state, build->plan, work->index, build->records->pdata[work->index], error))
    return error_prefix (error, "cannot keep the result of module '%s'", module->name);
  build->result->n_built++;
  return TRUE;
}

static gboolean
build_one (Build *build, guint i, GError **error)
{
  g_auto (BuildWork) work = { .index = i, .tree_fd = -1, .work_fd = -1 };

  work.tree_fd = file_open (build->tree_fd, ".", O_RDONLY | O_DIRECTORY, 0, error);
  work.work_fd = file_open (build->work_fd, ".", O_RDONLY | O_DIRECTORY, 0, error);
  if (work.tree_fd < 0 || work.work_fd < 0 || !build_work_begin (build, &work, error)
      || !build_work_run (build, &work, &build->sources, error) || !build_work_keep (build, &work, error))
    return FALSE;
  g_ptr_array_add (build->changes, g_steal_pointer (&work.changes));
  return TRUE;
}

gboolean
build_modules (Build *build, GError **error)
{
  if (build->image_fd < 0 && depends_any (build->plan))
    return build_modules_parallel (build, error);
  /* So that "what changed since" is meant since the last build, also when that took everything from the cache. */
  for (guint i = 0; i < build->n_reused; i++)
    if (!record_write (build->state, build->plan, i, build->records->pdata[i], error))
      return FALSE;
  if (build->image_fd >= 0)
    return TRUE;
  if (!tree_normalise (build->tree_fd, build_epoch (), error))
    return FALSE;
  for (guint i = build->n_reused; i < build->n_wanted; i++)
    if (!build_one (build, i, error))
      return FALSE;
  return TRUE;
}
