/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The second runtime of a manifest with "id-platform": what apps run on, while the result itself is what they are built in.
 *
 * It is "runtime", with "platform-extensions", and of what the build added to its SDK or changed in it everything but debug
 * information and what "cleanup-platform" takes.  "prepare-platform-commands" run before that is added, "cleanup-platform-commands"
 * at the end, both with the platform as /usr.  Files are copied, not linked: these commands may write into them.
 */
#include "builder/build-private.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/debuginfo.h"
#include "builder/epoch.h"
#include "builder/extend.h"
#include "builder/plan/platform-metadata.h"
#include "builder/tree/cleanup.h"
#include "builder/tree/compare.h"
#include "builder/tree/copy.h"
#include "builder/tree/locales.h"
#include "builder/tree/normalise.h"

#define START_DIR "start"

static Piece *
find_piece (const Build *build, PieceKind kind)
{
  for (guint i = 0; i < build->pieces->len; i++)
    if (((Piece *) build->pieces->pdata[i])->kind == kind)
      return build->pieces->pdata[i];
  return NULL;
}

static void
add_line (GString *text, const char *name, const char *value)
{
  g_string_append_printf (text, "%s %zu %s\n", name, strlen (value), value);
}

char *
build_platform_key (const Build *build)
{
  GString *text;

  if (build->plan->platform == NULL)
    return NULL;
  text = g_string_new (NULL);
  if (build->bases->platform != NULL)
    add_line (text, "runtime", build->bases->platform->deployment->checksum);
  for (guint i = 0; i < build->bases->platform_extensions->len; i++)
    {
      const BasesExtension *extension = build->bases->platform_extensions->pdata[i];

      add_line (text, extension->place, extension->ground->deployment->checksum);
    }
  add_line (text, "metadata", build->plan->platform_metadata);
  for (guint i = 0; i < build->plan->modules->len; i++)
    {
      const BuildModule *module = build->plan->modules->pdata[i];

      for (char **pattern = module->module->cleanup_platform; pattern != NULL && *pattern != NULL; pattern++)
        add_line (text, module->name, *pattern);
    }
  return g_string_free (text, FALSE);
}

/* What the build started from, once more, to see what it changed: by content, so that it is the same whether modules were built or came
 * from the cache. */
static GPtrArray *
find_changes (Build *build, GError **error)
{
  autofd start_fd = file_mkdir_p (build->work_fd, START_DIR, 0755, error);

  if (start_fd < 0 || !build_start_tree (build, start_fd, error) || !tree_normalise (start_fd, build_epoch (), error))
    return NULL;
  g_autoptr (GPtrArray) differences = tree_compare (start_fd, build->tree_fd, error);
  return differences != NULL && file_remove_tree (build->work_fd, START_DIR, error) ? g_steal_pointer (&differences) : NULL;
}

/* Paths (a set of char *) that the platform goes without. */
static GHashTable *
find_removals (const Build *build)
{
  GHashTable *removals = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < build->plan->modules->len; i++)
    {
      const BuildModule *module = build->plan->modules->pdata[i];

      cleanup_match_all (build->plan->manifest->cleanup_platform, build->changes->pdata[i], removals);
      cleanup_match_all (module->module->cleanup_platform, build->changes->pdata[i], removals);
    }
  return removals;
}

/* A directory that is there already stays as it is; anything else is replaced. */
static gboolean
copy_path (int from_root, int to_root, const char *path, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  struct stat st, old;
  autofd from = file_open_beneath (from_root, parent, O_PATH | O_DIRECTORY, 0, error);
  autofd to = from >= 0 ? file_mkdir_p (to_root, parent, 0755, error) : -1;

  if (to < 0)
    return FALSE;
  if (fstatat (from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return error_throw (error, "it is gone");
  gboolean is_there = fstatat (to, name, &old, AT_SYMLINK_NOFOLLOW) == 0;
  if (S_ISDIR (st.st_mode) && is_there && S_ISDIR (old.st_mode))
    return TRUE;
  if (is_there && !file_remove_tree (to, name, error))
    return FALSE;
  return tree_copy_entry (from, name, &st, to, error);
}

static gboolean
copy_changes (Build *build, int files_fd, GError **error)
{
  g_autoptr (GPtrArray) changes = find_changes (build, error);
  g_autoptr (GHashTable) removals = find_removals (build);

  for (guint i = 0; changes != NULL && i < changes->len; i++)
    {
      const TreeDifference *change = changes->pdata[i];

      if (change->kind == TREE_REMOVED || g_str_has_prefix (change->path, DEBUG_FOLDER "/")
          || g_hash_table_contains (removals, change->path))
        continue;
      if (!copy_path (build->tree_fd, files_fd, change->path, error))
        return error_prefix (error, "cannot put '%s' into the platform", change->path);
    }
  return changes != NULL;
}

static gboolean
fill (Build *build, int files_fd, GError **error)
{
  const Manifest *manifest = build->plan->manifest;

  return extend_start_platform (build->bases, files_fd, error) && (!manifest->separate_locales || locales_move (files_fd, error))
         && tree_normalise (files_fd, build_epoch (), error)
         && build_run_commands (build, files_fd, TRUE, "prepare-platform-commands", manifest->prepare_platform_commands, error)
         && copy_changes (build, files_fd, error)
         && build_run_commands (build, files_fd, TRUE, "cleanup-platform-commands", manifest->cleanup_platform_commands, error)
         && tree_normalise (files_fd, build_epoch (), error);
}

static gboolean
write_metadata (Build *build, const Piece *platform, const char *metadata, GError **error)
{
  g_autoptr (GPtrArray) problems = manifest_problems_new ();
  g_autofree char *base = platform_metadata_new (build->plan, metadata, problems);

  if (base == NULL)
    {
      g_autofree char *found = manifest_problems_format (problems);
      return error_throw (error, "cannot write the metadata of %s: %s", platform->ref->id, found);
    }
  g_autofree char *text = pieces_metadata (build->pieces, platform->ref, base);
  return file_write_unsynced (platform->fd, "metadata", text, strlen (text), 0644, error);
}

gboolean
build_make_platform (Build *build, const char *metadata, GError **error)
{
  Piece *platform = find_piece (build, PIECE_PLATFORM);
  Piece *locale = find_piece (build, PIECE_PLATFORM_LOCALE);

  if (platform == NULL)
    return TRUE;
  build_announce (build, "making", platform->ref->id);
  platform->present = TRUE;
  if (!build_open_piece (build, platform, error))
    return FALSE;
  autofd files_fd = file_mkdir_p (platform->fd, "files", 0755, error);
  if (files_fd < 0 || !fill (build, files_fd, error))
    return error_prefix (error, "%s", platform->ref->id);
  locale->present = build->plan->manifest->separate_locales && piece_is_in (locale, files_fd);
  if (!write_metadata (build, platform, metadata, error))
    return FALSE;
  return !locale->present || !build->request->split_locales || build_take_piece (build, locale, files_fd, error);
}
