/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The parts of a result that get an image or a commit of their own.  Debug information never stays in the app; translations leave it only
 * when that was asked for, because an image is complete without anything beside it.
 */
#include "builder/build-private.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/bundle-sources.h"
#include "builder/epoch.h"
#include "builder/output.h"
#include "image/image.h"

#define METADATA_MAX (1u << 20)

guint
build_wanted_pieces (const BuildRequest *request)
{
  return (request->split_locales ? 1u << PIECE_LOCALE : 0) | (request->debug || request->repo_path != NULL ? 1u << PIECE_DEBUG : 0)
         | (request->bundle_sources ? 1u << PIECE_SOURCES : 0);
}

gboolean
build_piece_is_delivered (const Build *build, PieceKind kind)
{
  return (build->pieces & build_wanted_pieces (build->request) & 1u << kind) != 0;
}

/* As an image: a repository alone needs none. */
static gboolean
is_image_wanted (const Build *build, PieceKind kind)
{
  return build->request->output_path != NULL && build_piece_is_delivered (build, kind)
         && (kind != PIECE_DEBUG || build->request->debug);
}

static char *
image_id (const Build *build, PieceKind kind)
{
  g_autoptr (Ref) ref = piece_ref (build->plan, kind);

  return g_strdup (ref->id);
}

gboolean
build_find_piece_images (Build *build)
{
  g_autofree char *metadata = image_read_file (build->image_fd, build->plan->ref->id, "metadata", METADATA_MAX, NULL, NULL);
  gboolean all = metadata != NULL;

  build->pieces = all ? pieces_of_metadata (build->plan, metadata) : 0;
  for (PieceKind kind = 0; all && kind < N_PIECES; kind++)
    {
      g_autofree char *id = image_id (build, kind);

      if (!build_piece_is_delivered (build, kind))
        continue;
      build->piece_image_fds[kind] = output_find_image (build->state, id, build->image_key);
      all = build->piece_image_fds[kind] >= 0;
    }
  for (PieceKind kind = 0; !all && kind < N_PIECES; kind++)
    file_close_fd (&build->piece_image_fds[kind]);
  return all;
}

static int
open_piece (Build *build, PieceKind kind, GError **error)
{
  g_autofree char *path = g_build_filename ("pieces", piece_name (kind), NULL);

  return file_mkdir_p (build->work_fd, path, 0755, error);
}

static gboolean
make_sources (Build *build, GError **error)
{
  int piece_fd = build->piece_fds[PIECE_SOURCES] = open_piece (build, PIECE_SOURCES, error);
  autofd files_fd = piece_fd >= 0 ? file_mkdir_p (piece_fd, "files", 0755, error) : -1;

  build_announce (build, "collecting the sources", NULL);
  return files_fd >= 0 && piece_write_metadata (build->plan, PIECE_SOURCES, piece_fd, error)
         && bundle_sources (build->plan, &build->sources, files_fd, error);
}

gboolean
build_find_pieces (Build *build, GError **error)
{
  build->pieces = 0;
  if (build->plan->manifest->separate_locales && piece_is_in (PIECE_LOCALE, build->tree_fd))
    build->pieces |= 1u << PIECE_LOCALE;
  if (piece_is_in (PIECE_DEBUG, build->tree_fd))
    build->pieces |= 1u << PIECE_DEBUG;
  if (!build->request->bundle_sources)
    return TRUE;
  build->pieces |= 1u << PIECE_SOURCES;
  autofd place = file_mkdir_p (build->tree_fd, "sources", 0755, error);
  return place >= 0 && make_sources (build, error);
}

gboolean
build_take_pieces (Build *build, GError **error)
{
  const gboolean leaves[N_PIECES] = { [PIECE_LOCALE] = build->request->split_locales, [PIECE_DEBUG] = TRUE };

  for (PieceKind kind = 0; kind < N_PIECES; kind++)
    {
      if (!leaves[kind] || (build->pieces & 1u << kind) == 0)
        continue;
      build->piece_fds[kind] = open_piece (build, kind, error);
      if (build->piece_fds[kind] < 0 || !piece_take (build->plan, kind, build->tree_fd, build->piece_fds[kind], error))
        return FALSE;
    }
  return TRUE;
}

gboolean
build_write_piece_images (Build *build, GError **error)
{
  for (PieceKind kind = 0; kind < N_PIECES; kind++)
    {
      g_autofree char *id = image_id (build, kind);

      if (!is_image_wanted (build, kind))
        continue;
      build_announce (build, "writing the image of", id);
      build->piece_image_fds[kind] = output_write_image (build->state, id, build->image_key, build->piece_fds[kind],
                                                         build->request->compression_level, build->plan->jobs, build_epoch (), error);
      if (build->piece_image_fds[kind] < 0)
        return FALSE;
    }
  return TRUE;
}

char *
build_path_beside (const BuildRequest *request, const char *name)
{
  g_autofree char *folder = g_path_get_dirname (request->output_path);

  return strcmp (folder, ".") == 0 ? g_strdup (name) : g_build_filename (folder, name, NULL);
}

gboolean
build_deliver_piece_images (Build *build, GError **error)
{
  for (PieceKind kind = 0; kind < N_PIECES; kind++)
    {
      gboolean unchanged;

      if (!is_image_wanted (build, kind))
        continue;
      g_autofree char *id = image_id (build, kind);
      g_autofree char *name = g_strconcat (id, ".runtime", NULL);
      g_autofree char *path = build_path_beside (build->request, name);
      if (!output_copy_image (build->piece_image_fds[kind], path, build->request->output_mode, &unchanged, error))
        return FALSE;
      g_ptr_array_add (build->result->more_paths, g_steal_pointer (&path));
    }
  return TRUE;
}

gboolean
build_open_piece_trees (Build *build, GError **error)
{
  for (PieceKind kind = 0; kind < N_PIECES; kind++)
    {
      g_autofree char *id = image_id (build, kind);

      if (!build_piece_is_delivered (build, kind) || build->piece_fds[kind] >= 0)
        continue;
      build->piece_fds[kind] = open_piece (build, kind, error);
      if (build->piece_fds[kind] < 0 || !image_unpack (build->piece_image_fds[kind], id, build->piece_fds[kind], error))
        return FALSE;
    }
  return TRUE;
}
