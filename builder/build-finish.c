/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/build-private.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/command.h"
#include "builder/compose.h"
#include "builder/epoch.h"
#include "builder/finish.h"
#include "builder/libraries.h"
#include "builder/output.h"
#include "builder/resolved.h"
#include "builder/sbom.h"
#include "builder/space.h"
#include "builder/tree/cleanup.h"
#include "builder/tree/normalise.h"
#include "image/image.h"
#include "store/publish.h"
#include "store/store.h"

gboolean
build_run_commands (Build *build, int tree_fd, gboolean platform, const char *key, char *const *lines, GError **error)
{
  const Workshop workshop = { build->plan, build->bases, tree_fd };
  g_autofree char *logs = g_build_filename (build->state->path, "logs", NULL);
  g_autoptr (BuildLog) log = NULL;

  if (lines == NULL || *lines == NULL)
    return TRUE;
  build_announce (build, "running", key);
  log = build_log_open (build->logs_fd, logs, key, build->request->echo_fd, error);
  for (gsize i = 0; log != NULL && lines[i] != NULL; i++)
    {
      const char *const argv[] = { "sh", "-c", lines[i], NULL };
      const WorkshopCommand command = {
        .source_fd = -1,
        .argv = argv,
        .cwd = platform ? NULL : workshop_tree_path (&workshop),
        .access = build->plan->access,
        .platform = platform,
      };

      build_log_note (log, "%s[%zu]: %s", key, i + 1, lines[i]);
      if (!command_run (&workshop, &command, log, error))
        return error_prefix (error, "%s[%zu] (%s)", key, i + 1, lines[i]);
    }
  return log != NULL;
}

gboolean
build_clean_up (Build *build, GError **error)
{
  g_autoptr (GHashTable) removals = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  guint count;

  if (build->image_fd >= 0)
    return TRUE;
  if (!build_run_commands (build, build->tree_fd, FALSE, "cleanup-commands", build->plan->manifest->cleanup_commands, error))
    return FALSE;
  for (guint i = 0; i < build->plan->modules->len; i++)
    {
      const BuildModule *module = build->plan->modules->pdata[i];

      cleanup_match_all (build->plan->manifest->cleanup, build->changes->pdata[i], removals);
      cleanup_match_all (module->cleanup, build->changes->pdata[i], removals);
    }
  return space_check_left (build->tree_fd, "what the cleanup commands wrote", error)
         && cleanup_remove (build->tree_fd, removals, &count, error) && tree_normalise (build->tree_fd, build_epoch (), error);
}

static gboolean
compose (Build *build, GError **error)
{
  const Workshop workshop = { build->plan, build->bases, build->tree_fd };
  g_autofree char *logs = g_build_filename (build->state->path, "logs", NULL);
  g_autoptr (BuildLog) log = build_log_open (build->logs_fd, logs, "appstream-compose", build->request->echo_fd, error);

  return log != NULL && compose_catalogue (&workshop, build->result->notes, log, error);
}

gboolean
build_finish_tree (Build *build, GError **error)
{
  if (build->image_fd >= 0)
    return TRUE;
  if (!finish_files (build->plan, build->bases, build->tree_fd, build->result->notes, error) || !compose (build, error)
      || !build_find_pieces (build, error))
    return FALSE;
  if (!resolved_manifest_write (build->plan, build->bases, &build->sources, build->tree_fd, error))
    return FALSE;
  g_autofree char *sbom = sbom_new (build->plan, build->bases, &build->sources, build->tree_fd, error);
  if (sbom == NULL || !file_write_unsynced (build->tree_fd, SBOM_NAME, sbom, strlen (sbom), 0644, error))
    return FALSE;
  g_autofree char *base = bases_metadata (build->bases, build->plan, error);
  if (base == NULL)
    return FALSE;
  g_autofree char *with_pieces = pieces_metadata (build->pieces, build->plan->ref, base);
  g_autofree char *metadata = finish_command (build->plan, with_pieces, build->tree_fd, build->result->notes, error);
  if (metadata == NULL)
    return FALSE;
  return finish_bundle (build->plan, metadata, build->bundle_fd, build->result->notes, error)
         && build_make_platform (build, metadata, error) && build_take_pieces (build, error)
         && libraries_note_missing (build->plan, build->bases, build->tree_fd, build->result->notes, error);
}

static void
show_bytes (guint64 done, guint64 total, gpointer data)
{
  progress_set (data, done, total);
}

ImageWriteOptions
build_image_options (const Build *build)
{
  return (ImageWriteOptions) {
    .compression_level = build->request->compression_level,
    .n_threads = build->plan->jobs,
    .mtime = build_epoch (),
    .progress = show_bytes,
    .progress_data = build->sources.progress,
  };
}

gboolean
build_write_image (Build *build, GError **error)
{
  const ImageWriteOptions options = build_image_options (build);

  if (build->image_fd >= 0 || (build->request->output_path == NULL && !build->request->install && !build_has_tests (build)))
    return TRUE;
  build_announce (build, "writing the image", NULL);
  build->image_fd = output_write_image (build->state, build->plan->manifest->id, build->image_key, build->bundle_fd, &options,
                                        error);
  return build->image_fd >= 0 && build_write_piece_images (build, error);
}

static gboolean
deliver_sbom (Build *build, GError **error)
{
  g_autofree char *name = g_strconcat (build->plan->ref->id, ".spdx.json", NULL);
  gsize length = 0;

  if (!build->request->sbom || build->request->output_path == NULL)
    return TRUE;
  g_autofree char *path = build_path_beside (build->request, name);
  g_autofree char *text = build->result->image_reused
                            ? image_read_file (build->image_fd, build->plan->ref->id, "files/" SBOM_NAME, SBOM_MAX, &length, error)
                            : file_read_beneath (build->tree_fd, SBOM_NAME, SBOM_MAX, &length, error);
  if (text == NULL || !file_write_atomic (AT_FDCWD, path, text, length, build->request->output_mode, error))
    return FALSE;
  g_ptr_array_add (build->result->more_paths, g_steal_pointer (&path));
  return TRUE;
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
                            &build->result->output_unchanged, error)
         && build_deliver_piece_images (build, error);
}

static gboolean
deliver_install (Build *build, GError **error)
{
  g_autoptr (Store) store = NULL;

  if (!build->request->install)
    return TRUE;
  build_announce (build, "installing", build->plan->manifest->id);
  store = store_open (error);
  if (store == NULL || !store_install_image (store, build->image_fd, build->plan->manifest->id, FALSE, NULL, error))
    return FALSE;
  if (!build_install_pieces (build, store, error))
    return FALSE;
  for (guint i = 0; i < store_notes (store)->len; i++)
    g_ptr_array_add (build->result->notes, g_strdup (store_notes (store)->pdata[i]));
  return TRUE;
}

static gboolean
publish (const Build *build, int bundle_fd, const Ref *ref, gint64 time, char **ret_commit, GError **error)
{
  g_autofree char *subject = g_strdup_printf ("Build of %s", ref->id);
  const PublishOptions options = {
    .gpg_key_id = build->request->gpg_key_id,
    .gpg_homedir = build->request->gpg_homedir,
    .subject = subject,
    .body = "",
    .collection_id = build->plan->manifest->collection_id,
    .token_type = build->plan->manifest->token_type,
    .timestamp = time,
  };

  return publish_commit (build->request->repo_path, bundle_fd, ref, &options, ret_commit, error);
}

static gboolean
deliver_commit (Build *build, GError **error)
{
  /* Clients refuse to go back in time, so a new build needs a new time unless the caller fixed it. */
  gint64 time = build_epoch_given () ? build_epoch () : g_get_real_time () / G_USEC_PER_SEC;

  if (build->request->repo_path == NULL)
    return TRUE;
  build_announce (build, "publishing", build->plan->manifest->id);
  /* A reused image is all that there is of the tree. */
  if (build->result->image_reused
      && (!image_unpack (build->image_fd, build->plan->manifest->id, build->bundle_fd, error) || !build_open_piece_trees (build, error)))
    return FALSE;
  /* What belongs to the app comes first: whoever sees the new app finds it. */
  for (guint i = 0; i < build->pieces->len; i++)
    {
      const Piece *piece = build->pieces->pdata[i];

      if (build_piece_is_delivered (build, piece) && !publish (build, piece->fd, piece->ref, time, NULL, error))
        return error_prefix (error, "%s", piece->ref->id);
    }
  return publish (build, build->bundle_fd, build->plan->ref, time, &build->result->commit, error);
}

gboolean
build_deliver (Build *build, GError **error)
{
  return deliver_file (build, error) && deliver_sbom (build, error) && deliver_install (build, error) && deliver_commit (build, error);
}
