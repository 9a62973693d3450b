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
 */
#include "builder/build.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/command.h"
#include "builder/epoch.h"
#include "builder/finish.h"
#include "builder/key.h"
#include "builder/module.h"
#include "builder/output.h"
#include "builder/strip.h"
#include "builder/tree/changes.h"
#include "builder/tree/cleanup.h"
#include "builder/tree/copy.h"
#include "builder/tree/normalise.h"
#include "image/image.h"
#include "store/publish.h"
#include "store/store.h"
#include "store/treecache.h"

#define CHANGES_MAX (256u << 20)

typedef struct
{
  const BuildRequest *request;
  const BuildPlan *plan;
  SourceContext sources;   /* the request's, with the state directory */
  BuildState *state;
  Bases *bases;
  TreeCache *cache;
  GPtrArray *keys;         /* keys[0]: base; keys[i + 1]: after module i */
  char *image_key;
  int image_fd;            /* the finished image, -1 while there is none */
  guint n_reused;          /* modules taken from the cache */
  GPtrArray *changes;      /* of module i: GPtrArray of paths */
  int work_fd, bundle_fd, tree_fd, logs_fd;
  BuildResult *result;
} Build;

static void
announce (const Build *build, const char *what, const char *name)
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
  return build->bases != NULL;
}

static gboolean
fetch_sources (Build *build, GError **error)
{
  return build_fetch (build->plan, &build->sources, error);
}

static gboolean
compute_keys (Build *build, GError **error)
{
  const char *sdk = build->bases->sdk != NULL ? build->bases->sdk->checksum : NULL;

  g_ptr_array_add (build->keys, key_of_base (build->plan, sdk));
  for (guint i = 0; i < build->plan->modules->len; i++)
    {
      char *key = key_of_module (build->keys->pdata[i], build->plan, build->plan->modules->pdata[i], &build->sources, error);

      if (key == NULL)
        return FALSE;
      g_ptr_array_add (build->keys, key);
    }
  build->image_key = key_of_image (build->keys->pdata[build->keys->len - 1], build->plan, build->request->compression_level);
  return TRUE;
}

static gboolean
reuse_image (Build *build, GError **error)
{
  build->image_fd = output_find_image (build->state, build->plan->manifest->id, build->image_key);
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
  return TRUE;
}

/* The cache refuses names that look like a checksum of its own. */
static char *
cache_key (const Build *build, guint i)
{
  return g_strconcat ("module-", build->keys->pdata[i], NULL);
}

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
  if (build->plan->sdk == NULL || !workshop_is_system (build->plan))
    return TRUE;
  announce (build, "copying", build->plan->sdk->id);
  return tree_copy (build->bases->usr_fd, build->tree_fd, error);
}

static gboolean
restore_tree (Build *build, GError **error)
{
  guint n;

  if (build->image_fd >= 0)
    return TRUE;
  for (n = 0; n < build->plan->modules->len; n++)
    {
      g_autoptr (GPtrArray) changes = load_changes (build, n);

      if (changes == NULL)
        break;
      g_ptr_array_add (build->changes, g_steal_pointer (&changes));
    }
  for (; n > 0; n--)
    {
      g_autoptr (GError) local = NULL;
      g_autofree char *key = cache_key (build, n);

      if (!treecache_has (build->cache, key))
        continue;
      announce (build, "restoring the tree after", ((BuildModule *) build->plan->modules->pdata[n - 1])->name);
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

static gboolean
keep_module (Build *build, const Workshop *workshop, guint i, const TreeListing *before, BuildLog *log, GError **error)
{
  g_autoptr (TreeListing) after = tree_listing_new (build->tree_fd, error);

  if (after == NULL)
    return FALSE;
  g_autofree char *key = cache_key (build, i + 1);
  g_autoptr (GPtrArray) changes = tree_listing_changes (before, after);
  g_autoptr (GBytes) bytes = tree_changes_format (changes);
  autofd dir = build_state_dir (build->state, "changes", error);
  if (dir < 0 || !strip_module (workshop, build->plan->modules->pdata[i], changes, log, error)
      || !tree_normalise (build->tree_fd, build_epoch (), error))
    return FALSE;
  if (!file_write_atomic (dir, build->keys->pdata[i + 1], g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), 0644, error)
      || !treecache_put (build->cache, key, build->tree_fd, error))
    return FALSE;
  g_ptr_array_add (build->changes, g_steal_pointer (&changes));
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
  announce (build, "building", which);
  before = tree_listing_new (build->tree_fd, error);
  if (before == NULL || !module_build (workshop, module, &build->sources, build->work_fd, log, error))
    return FALSE;
  if (!keep_module (build, workshop, i, before, log, error))
    return error_prefix (error, "cannot keep the result of module '%s'", module->name);
  build->result->n_built++;
  return TRUE;
}

static gboolean
build_modules (Build *build, GError **error)
{
  const Workshop workshop = { build->plan, build->bases, build->tree_fd };

  if (build->image_fd >= 0)
    return TRUE;
  if (!tree_normalise (build->tree_fd, build_epoch (), error))
    return FALSE;
  for (guint i = build->n_reused; i < build->plan->modules->len; i++)
    if (!build_one (build, &workshop, i, error))
      return FALSE;
  return TRUE;
}

static gboolean
run_cleanup_commands (Build *build, GError **error)
{
  const Workshop workshop = { build->plan, build->bases, build->tree_fd };
  g_autofree char *logs = g_build_filename (build->state->path, "logs", NULL);
  g_autoptr (BuildLog) log = build_log_open (build->logs_fd, logs, "cleanup", build->request->echo_fd, error);

  if (log == NULL)
    return FALSE;
  for (gsize i = 0; build->plan->manifest->cleanup_commands[i] != NULL; i++)
    {
      const char *line = build->plan->manifest->cleanup_commands[i];
      const char *const argv[] = { "sh", "-c", line, NULL };
      const WorkshopCommand command = {
        .source_fd = -1,
        .argv = argv,
        .cwd = workshop_is_system (build->plan) ? "/usr" : "/app",
      };

      build_log_note (log, "cleanup-commands[%zu]: %s", i + 1, line);
      if (!command_run (&workshop, &command, log, error))
        return error_prefix (error, "cleanup-commands[%zu] (%s)", i + 1, line);
    }
  return TRUE;
}

static gboolean
clean_up (Build *build, GError **error)
{
  g_autoptr (GHashTable) removals = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  guint count;

  if (build->image_fd >= 0)
    return TRUE;
  if (build->plan->manifest->cleanup_commands != NULL && build->plan->manifest->cleanup_commands[0] != NULL)
    {
      announce (build, "running cleanup commands", NULL);
      if (!run_cleanup_commands (build, error))
        return FALSE;
    }
  for (guint i = 0; i < build->plan->modules->len; i++)
    {
      const BuildModule *module = build->plan->modules->pdata[i];

      cleanup_match_all (build->plan->manifest->cleanup, build->changes->pdata[i], removals);
      cleanup_match_all (module->cleanup, build->changes->pdata[i], removals);
    }
  return cleanup_remove (build->tree_fd, removals, &count, error) && tree_normalise (build->tree_fd, build_epoch (), error);
}

static gboolean
finish_tree (Build *build, GError **error)
{
  if (build->image_fd >= 0)
    return TRUE;
  return finish_bundle (build->plan, build->bases, build->bundle_fd, build->result->notes, error);
}

static gboolean
write_image (Build *build, GError **error)
{
  if (build->image_fd >= 0 || (build->request->output_path == NULL && !build->request->install))
    return TRUE;
  announce (build, "writing the image", NULL);
  build->image_fd = output_write_image (build->state, build->plan->manifest->id, build->image_key, build->bundle_fd,
                                        build->request->compression_level, build->plan->jobs, build_epoch (), error);
  return build->image_fd >= 0;
}

static gboolean
deliver_file (Build *build, GError **error)
{
  struct stat st;

  if (build->image_fd >= 0 && fstat (build->image_fd, &st) == 0)
    build->result->image_size = (guint64) st.st_size;
  if (build->request->output_path == NULL)
    return TRUE;
  return output_copy_image (build->image_fd, build->request->output_path, build->request->output_mode,
                            &build->result->output_unchanged, error);
}

static gboolean
deliver_install (Build *build, GError **error)
{
  g_autoptr (Store) store = NULL;

  if (!build->request->install)
    return TRUE;
  announce (build, "installing", build->plan->manifest->id);
  store = store_open (error);
  return store != NULL && store_install_image (store, build->image_fd, build->plan->manifest->id, FALSE, NULL, error);
}

static gboolean
deliver_commit (Build *build, GError **error)
{
  g_autofree char *subject = NULL;

  if (build->request->repo_path == NULL)
    return TRUE;
  announce (build, "publishing", build->plan->manifest->id);
  /* A reused image is all that there is of the tree. */
  if (build->result->image_reused && !image_unpack (build->image_fd, build->plan->manifest->id, build->bundle_fd, error))
    return FALSE;
  subject = g_strdup_printf ("Build of %s", build->plan->manifest->id);
  const PublishOptions options = {
    .gpg_key_id = build->request->gpg_key_id,
    .gpg_homedir = build->request->gpg_homedir,
    .subject = subject,
    .body = "",
    /* Clients refuse to go back in time, so a new build needs a new time unless the caller fixed it. */
    .timestamp = build_epoch_given () ? build_epoch () : g_get_real_time () / G_USEC_PER_SEC,
  };
  return publish_commit (build->request->repo_path, build->bundle_fd, build->plan->ref, &options, &build->result->commit, error);
}

static gboolean (*const steps[]) (Build *build, GError **error) = {
  open_state,
  find_bases,
  fetch_sources,
  compute_keys,
  reuse_image,
  make_work,
  restore_tree,
  build_modules,
  clean_up,
  finish_tree,
  write_image,
  deliver_file,
  deliver_install,
  deliver_commit,
};

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
  g_ptr_array_unref (build->keys);
  g_ptr_array_unref (build->changes);
  g_free (build->image_key);
  treecache_free (build->cache);
  bases_free (build->bases);
  build_state_free (build->state);
}

gboolean
build_run (const BuildRequest *request, BuildResult *ret_result, GError **error)
{
  BuildResult result = { .notes = g_ptr_array_new_with_free_func (g_free) };
  Build build = {
    .request = request,
    .plan = request->plan,
    .sources = *request->sources,
    .keys = g_ptr_array_new_with_free_func (g_free),
    .changes = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref),
    .image_fd = -1, .work_fd = -1, .bundle_fd = -1, .tree_fd = -1, .logs_fd = -1,
    .result = &result,
  };
  gboolean ok = TRUE;

  for (gsize i = 0; ok && i < G_N_ELEMENTS (steps); i++)
    ok = steps[i] (&build, error);
  result.n_reused = build.n_reused;
  build_clear (&build);
  if (!ok)
    {
      build_result_clear (&result);
      return FALSE;
    }
  *ret_result = result;
  return TRUE;
}

void
build_result_clear (BuildResult *result)
{
  g_clear_pointer (&result->notes, g_ptr_array_unref);
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
