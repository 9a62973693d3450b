/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `patch`: files of the manifest's folder, applied in the sandbox by the SDK's own patch or git.
 *
 * A patch is text of a stranger for a program with a history of following links out of its directory, so it never
 * runs on the host: extract() only lays the files down, steps() says what is to be run.
 */
#include "builder/sources/kinds.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/sources/content.h"
#include "builder/sources/hashes.h"
#include "builder/sources/steps.h"
#include "builder/sources/treewriter.h"

#define PATCH_MAX_SIZE (256 * 1024 * 1024)

static GPtrArray *
patch_paths (const ManifestSource *source)
{
  GPtrArray *paths = g_ptr_array_new ();

  if (source->path != NULL)
    g_ptr_array_add (paths, source->path);
  for (gsize i = 0; source->paths != NULL && source->paths[i] != NULL; i++)
    g_ptr_array_add (paths, source->paths[i]);
  return paths;
}

static gboolean
patch_digest (const ManifestSource *source, const SourceContext *context, GChecksum *checksum, GError **error)
{
  g_autoptr (GPtrArray) paths = patch_paths (source);
  g_autofree char *strip = g_strdup_printf ("%d", source->strip_components < 0 ? 1 : source->strip_components);

  for (guint i = 0; i < paths->len; i++)
    {
      const char *path = g_ptr_array_index (paths, i);
      autofd fd = content_open_path (source, context, path, error);
      g_autofree char *sum = NULL;

      if (fd < 0 || (sum = file_sha256_fd (fd, path, error)) == NULL)
        return FALSE;
      checksum_add (checksum, "patch", sum);
    }
  checksum_add (checksum, "strip", strip);
  checksum_add (checksum, "tool", source->use_git_am ? "git am" : source->use_git ? "git apply" : "patch");
  checksum_add_list (checksum, "options", source->options);
  checksum_add (checksum, "dest", source->dest);
  return TRUE;
}

/* The same source may stand in several places; the number of the file within its source is name enough, because the
 * side directory lives only until the steps are done. */
static char *
patch_side_name (guint index)
{
  return g_strdup_printf ("%04u.patch", index + 1);
}

static gboolean
patch_extract (const ManifestSource *source, const SourceContext *context, int tree_fd, GError **error)
{
  g_autoptr (GPtrArray) paths = patch_paths (source);
  autofd dest_fd = -1;
  autofd side_fd = -1;

  if (paths->len == 0)
    return error_throw (error, "A source of type patch needs a path or paths");
  dest_fd = content_dest (source, tree_fd, error);
  if (dest_fd < 0)
    return FALSE;
  /* An archive may have brought something of this name. */
  if (!file_remove_tree (tree_fd, SOURCE_SIDE_DIR, error))
    return FALSE;
  side_fd = file_mkdir_p (tree_fd, SOURCE_SIDE_DIR, 0755, error);
  if (side_fd < 0)
    return FALSE;
  for (guint i = 0; i < paths->len; i++)
    {
      const char *path = g_ptr_array_index (paths, i);
      autofd fd = content_open_path (source, context, path, error);
      g_autofree char *name = patch_side_name (i);
      g_autofree char *text = NULL;
      gsize length = 0;

      if (fd < 0)
        return FALSE;
      text = file_read_fd (fd, path, PATCH_MAX_SIZE, &length, error);
      if (text == NULL || !content_write (side_fd, name, text, length, 0644, error))
        return FALSE;
    }
  return TRUE;
}

/* From `dest` to the side directory: content_dest() made sure that no part of dest is a link, so ".." leads back. */
static gboolean
patch_way_back (const ManifestSource *source, char **ret_prefix, GError **error)
{
  g_autoptr (GString) prefix = g_string_new (NULL);
  g_autofree char *dest = NULL;

  if (source->dest != NULL && !tree_path_clean (source->dest, 0, &dest, error))
    return FALSE;
  for (const char *p = dest; p != NULL; p = strchr (p, '/'))
    {
      p += *p == '/';
      g_string_append (prefix, "../");
    }
  *ret_prefix = g_string_free (g_steal_pointer (&prefix), FALSE);
  return TRUE;
}

static GPtrArray *
patch_steps (const ManifestSource *source, const SourceContext *context, GError **error)
{
  g_autoptr (GPtrArray) steps = source_steps_new ();
  g_autoptr (GPtrArray) paths = patch_paths (source);
  g_autofree char *back = NULL;
  g_autofree char *strip = g_strdup_printf ("-p%d", source->strip_components < 0 ? 1 : source->strip_components);

  if (!patch_way_back (source, &back, error))
    return NULL;
  for (guint i = 0; i < paths->len; i++)
    {
      g_autoptr (GPtrArray) argv = g_ptr_array_new ();
      g_autofree char *name = patch_side_name (i);
      g_autofree char *file = g_strconcat (back, SOURCE_SIDE_DIR "/", name, NULL);
      g_autofree char *title = g_strconcat ("patch ", (char *) g_ptr_array_index (paths, i), NULL);

      g_ptr_array_add (argv, (char *) (source->use_git || source->use_git_am ? "git" : "patch"));
      if (source->use_git || source->use_git_am)
        g_ptr_array_add (argv, (char *) (source->use_git_am ? "am" : "apply"));
      g_ptr_array_add (argv, strip);
      for (gsize j = 0; source->options != NULL && source->options[j] != NULL; j++)
        g_ptr_array_add (argv, source->options[j]);
      if (!source->use_git && !source->use_git_am)
        g_ptr_array_add (argv, (char *) "-i");
      g_ptr_array_add (argv, file);
      g_ptr_array_add (argv, NULL);
      source_steps_add (steps, title, (const char *const *) argv->pdata, source->dest);
    }
  return g_steal_pointer (&steps);
}

const SourceKind source_kind_patch = {
  .type = "patch",
  .digest = patch_digest,
  .extract = patch_extract,
  .steps = patch_steps,
};
