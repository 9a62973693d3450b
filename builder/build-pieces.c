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

gboolean
build_piece_is_delivered (const Build *build, const Piece *piece)
{
  const BuildRequest *request = build->request;

  if (!piece->present)
    return FALSE;
  switch (piece->kind)
    {
    case PIECE_LOCALE:
    case PIECE_PLATFORM_LOCALE:
      return request->split_locales;
    case PIECE_DEBUG:
      return request->debug || request->repo_path != NULL;
    case PIECE_SOURCES:
      return request->bundle_sources;
    case PIECE_BUNDLED:
    case PIECE_PLATFORM:
      break;
    }
  return TRUE;
}

/* As an image: a repository alone needs none. */
static gboolean
is_image_wanted (const Build *build, const Piece *piece)
{
  const BuildRequest *request = build->request;

  if (!build_piece_is_delivered (build, piece) || (piece->kind == PIECE_DEBUG && !request->debug))
    return FALSE;
  return request->output_path != NULL || (request->install && piece_stands_alone (piece));
}

gboolean
build_make_pieces (Build *build, GError **error)
{
  build->pieces = pieces_new (build->plan, error);
  return build->pieces != NULL;
}

/* An image names what there is besides it; that of the platform, which comes before its translations in the list, too. */
static void
mark_from_image (const GPtrArray *pieces, int image_fd, const char *id)
{
  g_autofree char *metadata = image_read_file (image_fd, id, "metadata", METADATA_MAX, NULL, NULL);

  if (metadata != NULL)
    pieces_mark (pieces, metadata);
}

gboolean
build_find_piece_images (Build *build)
{
  gboolean all = TRUE;

  mark_from_image (build->pieces, build->image_fd, build->plan->ref->id);
  for (guint i = 0; i < build->pieces->len; i++)
    {
      Piece *piece = build->pieces->pdata[i];

      piece->present = piece->present || piece->kind == PIECE_PLATFORM;
      if (!all || !build_piece_is_delivered (build, piece))
        continue;
      piece->image_fd = output_find_image (build->state, piece->ref->id, build->image_key);
      all = piece->image_fd >= 0;
      if (all && piece->kind == PIECE_PLATFORM)
        mark_from_image (build->pieces, piece->image_fd, piece->ref->id);
    }
  for (guint i = 0; !all && i < build->pieces->len; i++)
    {
      Piece *piece = build->pieces->pdata[i];

      piece->present = FALSE;
      file_close_fd (&piece->image_fd);
    }
  return all;
}

gboolean
build_open_piece (const Build *build, Piece *piece, GError **error)
{
  g_autofree char *path = g_build_filename ("pieces", piece->ref->id, NULL);

  piece->fd = file_mkdir_p (build->work_fd, path, 0755, error);
  return piece->fd >= 0;
}

static gboolean
make_sources (Build *build, Piece *piece, GError **error)
{
  autofd place = file_mkdir_p (build->tree_fd, piece->folder, 0755, error);

  if (place < 0 || !build_open_piece (build, piece, error))
    return FALSE;
  autofd files_fd = file_mkdir_p (piece->fd, "files", 0755, error);
  build_announce (build, "collecting the sources", NULL);
  return files_fd >= 0 && piece_write_metadata (piece, error) && bundle_sources (build->plan, &build->sources, files_fd, error);
}

static gboolean
find_piece (Build *build, Piece *piece, GError **error)
{
  switch (piece->kind)
    {
    case PIECE_LOCALE:
      piece->present = build->plan->manifest->separate_locales && piece_is_in (piece, build->tree_fd);
      break;
    case PIECE_DEBUG:
      piece->present = piece_is_in (piece, build->tree_fd);
      break;
    case PIECE_SOURCES:
      piece->present = build->request->bundle_sources;
      return !piece->present || make_sources (build, piece, error);
    case PIECE_BUNDLED:
      piece->present = piece_is_in (piece, build->tree_fd);
      if (!piece->present)
        return error_throw (error, "the extension %s has \"bundle\", and no module installed anything to its directory %s/%s",
                            piece->ref->id, build->plan->manifest->build_runtime ? "/usr" : "/app", piece->folder);
      break;
    case PIECE_PLATFORM:          /* build-platform.c makes them */
    case PIECE_PLATFORM_LOCALE:
      break;
    }
  return TRUE;
}

gboolean
build_find_pieces (Build *build, GError **error)
{
  for (guint i = 0; i < build->pieces->len; i++)
    if (!find_piece (build, build->pieces->pdata[i], error))
      return FALSE;
  return TRUE;
}

gboolean
build_take_piece (const Build *build, Piece *piece, int files_fd, GError **error)
{
  return build_open_piece (build, piece, error) && piece_take (build->pieces, piece, files_fd, error);
}

static gboolean
take_pieces (Build *build, gboolean shared, GError **error)
{
  for (guint i = 0; i < build->pieces->len; i++)
    {
      Piece *piece = build->pieces->pdata[i];
      gboolean leaves = piece->kind == PIECE_DEBUG || piece->kind == PIECE_BUNDLED
                        || (piece->kind == PIECE_LOCALE && build->request->split_locales);

      if (leaves && piece->present && piece_is_shared (build->pieces, piece) == shared
          && !build_take_piece (build, piece, build->tree_fd, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
build_take_pieces (Build *build, GError **error)
{
  return take_pieces (build, TRUE, error) && take_pieces (build, FALSE, error);
}

gboolean
build_write_piece_images (Build *build, GError **error)
{
  const ImageWriteOptions options = build_image_options (build);

  for (guint i = 0; i < build->pieces->len; i++)
    {
      Piece *piece = build->pieces->pdata[i];

      if (!is_image_wanted (build, piece))
        continue;
      build_announce (build, "writing the image of", piece->ref->id);
      piece->image_fd = output_write_image (build->state, piece->ref->id, build->image_key, piece->fd, &options, error);
      if (piece->image_fd < 0)
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
  for (guint i = 0; i < build->pieces->len; i++)
    {
      const Piece *piece = build->pieces->pdata[i];
      gboolean unchanged;

      if (!is_image_wanted (build, piece))
        continue;
      g_autofree char *name = g_strconcat (piece->ref->id, ".runtime", NULL);
      g_autofree char *path = build_path_beside (build->request, name);
      if (!output_copy_image (piece->image_fd, path, build->request->output_mode, &unchanged, error))
        return FALSE;
      g_ptr_array_add (build->result->more_paths, g_steal_pointer (&path));
    }
  return TRUE;
}

gboolean
build_install_pieces (Build *build, Store *store, GError **error)
{
  for (guint i = 0; i < build->pieces->len; i++)
    {
      const Piece *piece = build->pieces->pdata[i];

      if (!piece->present || !piece_stands_alone (piece))
        continue;
      build_announce (build, "installing", piece->ref->id);
      if (!store_install_image (store, piece->image_fd, piece->ref->id, FALSE, NULL, error))
        return FALSE;
      g_ptr_array_add (build->result->more_refs, ref_format (piece->ref));
    }
  return TRUE;
}

gboolean
build_open_piece_trees (Build *build, GError **error)
{
  for (guint i = 0; i < build->pieces->len; i++)
    {
      Piece *piece = build->pieces->pdata[i];

      if (!build_piece_is_delivered (build, piece) || piece->fd >= 0)
        continue;
      if (!build_open_piece (build, piece, error) || !image_unpack (piece->image_fd, piece->ref->id, piece->fd, error))
        return FALSE;
    }
  return TRUE;
}
