/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A build, from top to bottom.
 *
 * The steps stand in one table, in order; each does its part or finds that nothing is left to do.  A module is built only when the
 * cache has no tree under its key (key.h), and the tree of the last cached module is restored only when something comes after it.
 * The install tree is STATE/work/bundle/files from the beginning, so that the finished bundle needs no copy.
 *
 * Order within a module: what it changed is written down first, then its tree is put into the cache, as the key in the cache is
 * what makes it count as done.
 *
 * A build that stops early (--stop-at) or ends in a shell takes the same way up to that module and skips what makes the result.
 */
#include "builder/build-private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/ccache.h"
#include "builder/collect-total.h"
#include "builder/collect.h"
#include "builder/compose.h"
#include "builder/depends.h"
#include "builder/key.h"
#include "builder/output.h"
#include "builder/session.h"
#include "builder/space.h"
#include "store/root.h"

void
build_announce (const Build *build, const char *what, const char *name)
{
  g_autofree char *text = name != NULL ? g_strdup_printf ("%s %s", what, name) : g_strdup (what);

  if (build->sources.progress != NULL)
    progress_step (build->sources.progress, text);
  else if (build->request->echo_fd >= 0)
    {
      g_autofree char *line = g_strdup_printf ("== %s\n", text);
      (void) file_write_all (build->request->echo_fd, "output", line, strlen (line), NULL); /* the build goes on without a reader */
    }
}

static gboolean
open_state (Build *build, GError **error)
{
  build->state = build_state_open (build->request->state_path, build->sources.progress, error);
  if (build->state == NULL)
    return FALSE;
  build->sources.state_fd = build->state->dir_fd;
  if (build->request->output_path != NULL)
    build->sources.output_fd = file_open (AT_FDCWD, build->request->output_path, O_PATH, 0, NULL); /* missing at first */
  build->cache = treecache_open (build->state->dir_fd, "cache", error);
  build->logs_fd = build_state_dir (build->state, "logs", error);
  return build->cache != NULL && build->logs_fd >= 0;
}

static gboolean
find_bases (Build *build, GError **error)
{
  build->bases = bases_open (build->plan, error);
  if (build->bases == NULL)
    return FALSE;
  build->bases->vary = build->request->vary;
  return build_make_pieces (build, error);
}

static gboolean
fetch_sources (Build *build, GError **error)
{
  return build_fetch (build->plan, &build->sources, error);
}

int
build_find_module (const BuildPlan *plan, const char *name, GError **error)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < plan->modules->len; i++)
    {
      const BuildModule *module = plan->modules->pdata[i];

      if (strcmp (module->name, name) == 0)
        return (int) i;
      g_string_append_printf (names, "%s%s", i > 0 ? ", " : "", module->name);
    }
  error_throw_code (error, ERROR_USAGE, "there is no module '%s' to be built; there are: %s", name, names->str);
  return -1;
}

/* Up to which module to build. */
static gboolean
find_end (Build *build, GError **error)
{
  const char *name = build->request->stop_at != NULL ? build->request->stop_at : build->request->shell_module;

  build->n_wanted = build->plan->modules->len;
  build->stops = name != NULL || build->request->run_argv != NULL;
  if (name == NULL)
    return TRUE;
  int found = build_find_module (build->plan, name, error);
  build->n_wanted = (guint) MAX (found, 0);
  return found >= 0;
}

static gboolean
compute_keys (Build *build, GError **error)
{
  g_autoptr (GPtrArray) bases = bases_key_parts (build->bases);

  g_ptr_array_add (build->keys, key_of_base (build->plan, bases));
  for (guint i = 0; i < build->n_wanted; i++)
    {
      g_autofree char *start = depends_key (build->plan, build->keys, i);
      ModuleRecord *record = record_new (build->plan, i, start, bases, &build->sources, error);

      if (record == NULL)
        return FALSE;
      g_ptr_array_add (build->records, record);
      g_ptr_array_add (build->keys, g_strdup (record->key));
    }
  if (build->stops)
    return TRUE;
  g_autofree char *last = depends_key (build->plan, build->keys, build->n_wanted);
  g_autofree char *platform = build_platform_key (build);
  const ImageKeyOptions options = {
    .compression_level = build->request->compression_level,
    .split_locales = build->request->split_locales,
    .bundle_sources = build->request->bundle_sources,
    .catalogue = compose_key (build->plan),
    .platform = platform,
    .runtime_checksum = build->bases->runtime != NULL ? build->bases->runtime->deployment->checksum : NULL,
  };
  build->image_key = key_of_image (last, build->plan, &options);
  return TRUE;
}

static gboolean
reuse_image (Build *build, GError **error)
{
  if (build->stops)
    return TRUE;
  build->image_fd = output_find_image (build->state, build->plan->manifest->id, build->image_key);
  if (build->image_fd >= 0 && !build_find_piece_images (build))
    file_close_fd (&build->image_fd);
  build->result->image_reused = build->image_fd >= 0;
  build->n_reused = build->image_fd >= 0 ? build->plan->modules->len : 0;
  return TRUE;
}

static gboolean
make_work (Build *build, GError **error)
{
  g_autofree char *note = NULL;

  build->work_fd = build_state_begin_work (build->state, error);
  if (build->work_fd < 0)
    return FALSE;
  build->bundle_fd = file_mkdir_p (build->work_fd, "bundle", 0755, error);
  if (build->bundle_fd < 0)
    return FALSE;
  if (build->image_fd >= 0)
    return TRUE;
  build->tree_fd = file_mkdir_p (build->bundle_fd, "files", 0755, error);
  if (build->tree_fd < 0 || !bases_attach (build->bases, &note, error))
    return FALSE;
  if (note != NULL)
    g_ptr_array_add (build->result->notes, g_steal_pointer (&note));
  if (build->request->ccache)
    build->bases->ccache_fd = ccache_open (build->state, build->bases, error);
  return !build->request->ccache || build->bases->ccache_fd >= 0;
}

/* The user's own commands in the place that the modules are built in. */
static gboolean
run_session (Build *build, GError **error)
{
  const Workshop workshop = { build->plan, build->bases, build->tree_fd };
  const char *const shell[] = { "sh", NULL };
  const char *const *argv = build->request->run_argv != NULL ? build->request->run_argv : shell;
  const BuildModule *module = build->request->shell_module != NULL ? build->plan->modules->pdata[build->n_wanted] : NULL;

  if (module == NULL && build->request->run_argv == NULL)
    return TRUE;
  g_autofree char *logs = g_build_filename (build->state->path, "logs", NULL);
  g_autoptr (BuildLog) log = build_log_open (build->logs_fd, logs, "session", build->request->echo_fd, error);
  if (log == NULL)
    return FALSE;
  /* Nothing may be drawn over what the commands write. */
  if (build->request->begin_session != NULL)
    build->request->begin_session (build->request->begin_session_data);
  build->sources.progress = NULL;
  return session_run (&workshop, module, argv, &build->sources, build->work_fd, log, build->result->notes,
                      &build->result->status, error);
}

/* Only a build that added something can have gone over the limit, and only then is the look worth its time. */
static gboolean
keep_to_limit (Build *build, GError **error)
{
  guint64 limit, size;

  if (build->result->n_built == 0)
    return TRUE;
  if (!collect_limit (&limit, error) || !record_remove_others (build->state, build->plan, error)
      || !collect_size (build->state, &size, error))
    return FALSE;
  if (size > limit && !collect_state (build->state, error))
    return FALSE;
  return collect_total_daily (build->sources.cache_fd, build->sources.use_fd > 0 ? build->sources.use_fd : -1, error);
}

/* A build that stops early makes no result. */
static const struct
{
  gboolean (*run) (Build *build, GError **error);
  gboolean makes_result;
} steps[] = {
  { open_state, FALSE },
  { find_bases, FALSE },
  { find_end, FALSE },
  { fetch_sources, FALSE },
  { compute_keys, FALSE },
  { reuse_image, FALSE },
  { make_work, FALSE },
  { build_restore_tree, FALSE },
  { build_modules, FALSE },
  { run_session, FALSE },
  { build_clean_up, TRUE },
  { build_finish_tree, TRUE },
  { build_write_image, TRUE },
  { build_run_tests, TRUE },
  { build_deliver, TRUE },
  { keep_to_limit, TRUE },
};

static void
explain_space (const Build *build, GError **error)
{
  g_autofree char *cache = g_build_filename (g_get_user_cache_dir (), "nacelle", NULL);
  g_autofree char *store = build->request->install ? store_root_path (FALSE, NULL) : NULL;
  g_autofree char *output = build->request->output_path != NULL ? g_canonicalize_filename (build->request->output_path, NULL) : NULL;
  struct stat st;
  guint64 size = build->image_fd >= 0 && fstat (build->image_fd, &st) == 0 ? (guint64) st.st_size : 0;
  const SpacePlace places[] = {
    { "the state directory", build->request->state_path,
      "\"appbuild gc --max-size 1G\" empties those of other manifests, --state-dir names another one", 0 },
    { "the download cache", cache, "\"appbuild gc --older-than 30\" removes old downloads, XDG_CACHE_HOME names another one", 0 },
    { "the output", output, "-o names another one", size },
    { "the store", store, "\"apprun uninstall\" removes what is not needed any more", size },
    { "the repository", build->request->repo_path, "--repo names another one", 0 },
  };

  space_explain (places, G_N_ELEMENTS (places), error);
}

static void
free_changes (gpointer data)
{
  if (data != NULL)
    g_ptr_array_unref (data);
}

static void
build_clear (Build *build)
{
  file_close_fd (&build->image_fd);
  file_close_fd (&build->tree_fd);
  file_close_fd (&build->bundle_fd);
  file_close_fd (&build->work_fd);
  file_close_fd (&build->logs_fd);
  file_close_fd (&build->sources.output_fd);
  if (build->state != NULL)
    (void) build_state_end_work (build->state, NULL); /* else the next build does it, with a message */
  g_clear_pointer (&build->pieces, g_ptr_array_unref);
  g_ptr_array_unref (build->keys);
  g_ptr_array_unref (build->records);
  g_ptr_array_unref (build->changes);
  g_free (build->image_key);
  treecache_free (build->cache);
  bases_free (build->bases);
  build_state_free (build->state);
}

gboolean
build_run (const BuildRequest *request, BuildResult *ret_result, GError **error)
{
  BuildResult result = {
    .notes = g_ptr_array_new_with_free_func (g_free),
    .more_paths = g_ptr_array_new_with_free_func (g_free),
    .more_refs = g_ptr_array_new_with_free_func (g_free),
  };
  Build build = {
    .request = request,
    .plan = request->plan,
    .sources = *request->sources,
    .keys = g_ptr_array_new_with_free_func (g_free),
    .records = g_ptr_array_new_with_free_func ((GDestroyNotify) record_free),
    .changes = g_ptr_array_new_with_free_func (free_changes),
    .image_fd = -1, .work_fd = -1, .bundle_fd = -1, .tree_fd = -1, .logs_fd = -1,
    .result = &result,
  };
  gboolean ok = TRUE;

  for (gsize i = 0; ok && i < G_N_ELEMENTS (steps); i++)
    if (!build.stops || !steps[i].makes_result)
      ok = steps[i].run (&build, error);
  result.n_reused = build.n_reused;
  if (!ok)
    explain_space (&build, error); /* before what fills the disk is removed */
  build_clear (&build);
  if (!ok)
    {
      build_result_clear (&result);
      ret_result->n_tests = result.n_tests;
      return FALSE;
    }
  *ret_result = result;
  return TRUE;
}

void
build_result_clear (BuildResult *result)
{
  g_clear_pointer (&result->notes, g_ptr_array_unref);
  g_clear_pointer (&result->more_paths, g_ptr_array_unref);
  g_clear_pointer (&result->more_refs, g_ptr_array_unref);
  g_clear_pointer (&result->commit, g_free);
}

gboolean
build_fetch (const BuildPlan *plan, const SourceContext *sources, GError **error)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new ();

  for (guint i = 0; i < plan->modules->len; i++)
    {
      const BuildModule *module = plan->modules->pdata[i];

      for (guint j = 0; j < module->sources->len; j++)
        g_ptr_array_add (all, module->sources->pdata[j]);
    }
  return source_fetch_all (all, sources, error);
}
