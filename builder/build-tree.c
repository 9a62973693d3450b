/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/build-private.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/afterwork.h"
#include "builder/epoch.h"
#include "builder/extend.h"
#include "builder/module.h"
#include "builder/tree/changes.h"
#include "builder/tree/locales.h"
#include "builder/tree/normalise.h"

#define CHANGES_MAX (256u << 20)

/* What module `i` changed, NULL when that isn't known (then it has to be built again). */
static GPtrArray *
load_changes (const Build *build, guint i)
{
  gsize length;
  g_autofree char *path = g_build_filename ("changes", build->keys->pdata[i + 1], NULL);
  g_autofree char *data = file_read (build->state->dir_fd, path, CHANGES_MAX, &length, NULL);

  return data != NULL ? tree_changes_parse (data, length) : NULL;
}

static gboolean
empty_tree (Build *build, GError **error)
{
  file_close_fd (&build->tree_fd);
  if (!file_remove_tree (build->bundle_fd, "files", error))
    return FALSE;
  build->tree_fd = file_mkdir_p (build->bundle_fd, "files", 0755, error);
  return build->tree_fd >= 0;
}

static gboolean
start_tree (Build *build, GError **error)
{
  const Ground *start = workshop_is_system (build->plan) ? build->bases->sdk : build->bases->base;

  if (start == NULL)
    return TRUE;
  build_announce (build, "copying", start->deployment->ref->id);
  return extend_start_tree (build->bases, build->plan, build->tree_fd, error);
}

gboolean
build_restore_tree (Build *build, GError **error)
{
  guint n;

  if (build->image_fd >= 0)
    return TRUE;
  for (n = 0; n < build->n_wanted; n++)
    {
      g_autoptr (GPtrArray) changes = load_changes (build, n);

      if (changes == NULL)
        break;
      g_ptr_array_add (build->changes, g_steal_pointer (&changes));
    }
  for (; n > 0; n--)
    {
      g_autoptr (GError) local = NULL;
      g_autofree char *key = record_cache_key (build->keys->pdata[n]);

      if (!treecache_has (build->cache, key))
        continue;
      build_announce (build, "restoring the tree after", ((BuildModule *) build->plan->modules->pdata[n - 1])->name);
      if (treecache_get (build->cache, key, build->tree_fd, &local))
        break;
      /* Damaged, or gone meanwhile: an earlier one will do. */
      if (!g_error_matches (local, ERROR_DOMAIN, ERROR_NOT_FOUND))
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return FALSE;
        }
      if (!empty_tree (build, error))
        return FALSE;
    }
  build->n_reused = n;
  g_ptr_array_set_size (build->changes, (int) n);
  return n > 0 || start_tree (build, error);
}

/* Translations move at once, as with flatpak-builder: later modules install through the links, and cleanup patterns see these. */
static gboolean
move_locales (const Build *build, GError **error)
{
  const Manifest *manifest = build->plan->manifest;

  return !manifest->separate_locales || manifest->build_extension || locales_move (build->tree_fd, error);
}

/* What the module changed, after what is done to it.  NULL on error. */
static GPtrArray *
finish_module (Build *build, const Workshop *workshop, guint i, int source_fd, const TreeListing *before, BuildLog *log, GError **error)
{
  g_autoptr (TreeListing) after = move_locales (build, error) ? tree_listing_new (build->tree_fd, error) : NULL;
  g_autoptr (GPtrArray) changes = after != NULL ? tree_listing_changes (before, after) : NULL;
  gboolean changed_more;

  if (changes == NULL || !afterwork (workshop, build->plan->modules->pdata[i], source_fd, changes, log, &changed_more, error))
    return NULL;
  if (!changed_more)
    return g_steal_pointer (&changes);
  g_autoptr (TreeListing) end = tree_listing_new (build->tree_fd, error);
  return end != NULL ? tree_listing_changes (before, end) : NULL;
}

static gboolean
keep_module (Build *build, guint i, GPtrArray *changes, GError **error)
{
  g_autofree char *key = record_cache_key (build->keys->pdata[i + 1]);
  g_autoptr (GBytes) bytes = tree_changes_format (changes);
  autofd dir = build_state_dir (build->state, "changes", error);

  if (dir < 0)
    return FALSE;
  if (!file_write_unsynced (dir, build->keys->pdata[i + 1], g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), 0644, error)
      || !treecache_put (build->cache, key, build->tree_fd, NULL, error))
    return FALSE;
  if (!record_write (build->state, build->plan, i, build->records->pdata[i], error))
    return FALSE;
  g_ptr_array_add (build->changes, g_ptr_array_ref (changes));
  return TRUE;
}

static gboolean
build_one (Build *build, const Workshop *workshop, guint i, GError **error)
{
  const BuildModule *module = build->plan->modules->pdata[i];
  g_autofree char *logs = g_build_filename (build->state->path, "logs", NULL);
  g_autoptr (BuildLog) log = build_log_open (build->logs_fd, logs, module->name, build->request->echo_fd, error);
  g_autoptr (TreeListing) before = NULL;

  if (log == NULL)
    return FALSE;
  g_autofree char *which = g_strdup_printf ("%s (%u of %u)", module->name, i + 1, build->plan->modules->len);
  build_announce (build, "building", which);
  before = tree_listing_new (build->tree_fd, error);
  autofd source_fd = before != NULL ? module_build (workshop, module, &build->sources, build->work_fd, log, error) : -1;
  if (source_fd < 0)
    return FALSE;
  g_autoptr (GPtrArray) changes = finish_module (build, workshop, i, source_fd, before, log, error);
  if (changes == NULL || !keep_module (build, i, changes, error))
    return error_prefix (error, "cannot keep the result of module '%s'", module->name);
  if (!module_remove_sources (build->work_fd, error))
    return FALSE;
  build->result->n_built++;
  return TRUE;
}

gboolean
build_modules (Build *build, GError **error)
{
  const Workshop workshop = { build->plan, build->bases, build->tree_fd };

  /* So that "what changed since" is meant since the last build, also when that took everything from the cache. */
  for (guint i = 0; i < build->n_reused; i++)
    if (!record_write (build->state, build->plan, i, build->records->pdata[i], error))
      return FALSE;
  if (build->image_fd >= 0)
    return TRUE;
  if (!tree_normalise (build->tree_fd, build_epoch (), error))
    return FALSE;
  for (guint i = build->n_reused; i < build->n_wanted; i++)
    if (!build_one (build, &workshop, i, error))
      return FALSE;
  return TRUE;
}

