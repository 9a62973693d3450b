/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/pieces.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/debuginfo.h"
#include "builder/manifest/problem.h"
#include "builder/tree/copy.h"
#include "builder/tree/locales.h"
#include "builder/tree/walk.h"

#define BUILD_GROUP "Build"
#define BUILD_KEY "built-extensions"

/* What is the same in every build. */
typedef struct
{
  const char *name;          /* behind the id of what it extends; NULL: it has a name of its own */
  const char *folder;
  const char *keys[2];       /* of the extension point, "true"; NULL: the manifest describes the point */
  gboolean keeps_folders;    /* what lies directly in the folder leaves an empty one each */
} Sort;

static const Sort sorts[] = {
  [PIECE_LOCALE] = { "Locale", LOCALES_FOLDER, { "autodelete", "locale-subset" }, TRUE },
  [PIECE_DEBUG] = { "Debug", DEBUG_FOLDER, { "autodelete", "no-autodownload" }, FALSE },
  [PIECE_SOURCES] = { "Sources", "sources", { "autodelete", "no-autodownload" }, FALSE },
  [PIECE_BUNDLED] = { NULL, NULL, { NULL }, FALSE },
  [PIECE_PLATFORM] = { NULL, NULL, { NULL }, FALSE },
  [PIECE_PLATFORM_LOCALE] = { "Locale", LOCALES_FOLDER, { "autodelete", "locale-subset" }, TRUE },
};

static void
piece_free (gpointer data)
{
  Piece *piece = data;

  file_close_fd (&piece->fd);
  file_close_fd (&piece->image_fd);
  ref_free (piece->ref);
  ref_free (piece->of);
  g_free (piece->folder);
  g_free (piece);
}

/* Takes `ref`. */
static Piece *
add (GPtrArray *pieces, PieceKind kind, Ref *ref, const Ref *of, const char *folder)
{
  Piece *piece = g_new0 (Piece, 1);

  piece->kind = kind;
  piece->ref = ref;
  piece->of = of != NULL ? ref_copy (of) : NULL;
  piece->folder = g_strdup (folder);
  piece->fd = piece->image_fd = -1;
  g_ptr_array_add (pieces, piece);
  return piece;
}

/* ID.NAME.  A dash is legal in the last word of an id only. */
static void
add_named (GPtrArray *pieces, PieceKind kind, const Ref *of)
{
  Ref *ref = ref_copy (of);
  g_autofree char *prefix = g_strdelimit (g_strdup (of->id), "-", '_');

  ref->kind = REF_RUNTIME;
  g_free (ref->id);
  ref->id = g_strconcat (prefix, ".", sorts[kind].name, NULL);
  add (pieces, kind, ref, of, sorts[kind].folder);
}

static gboolean
add_bundled (GPtrArray *pieces, const BuildPlan *plan, GError **error)
{
  const GPtrArray *extensions = plan->manifest->add_extensions;

  for (guint i = 0; extensions != NULL && i < extensions->len; i++)
    {
      const ManifestExtension *extension = extensions->pdata[i];
      const ManifestPlace place = manifest_key_place (extension, "bundle");
      g_autoptr (Ref) ref = NULL;

      if (!extension->bundle)
        continue;
      ref = ref_new (REF_RUNTIME, extension->name, plan->arch, extension->version ?: plan->ref->branch, error);
      if (ref == NULL)
        return error_prefix (error, "%s:%u: \"bundle\"", place.file, place.line);
      if (extension->directory == NULL)
        return error_throw (error, "%s:%u: \"bundle\": the extension %s has no \"directory\" that it could be made of", place.file,
                            place.line, extension->name);
      add (pieces, PIECE_BUNDLED, g_steal_pointer (&ref), plan->ref, extension->directory);
    }
  return TRUE;
}

GPtrArray *
pieces_new (const BuildPlan *plan, GError **error)
{
  g_autoptr (GPtrArray) pieces = g_ptr_array_new_with_free_func (piece_free);

  add_named (pieces, PIECE_LOCALE, plan->ref);
  add_named (pieces, PIECE_DEBUG, plan->ref);
  if (!add_bundled (pieces, plan, error))
    return NULL;
  add_named (pieces, PIECE_SOURCES, plan->ref);
  if (plan->platform == NULL)
    return g_steal_pointer (&pieces);
  add (pieces, PIECE_PLATFORM, ref_copy (plan->platform), NULL, NULL);
  add_named (pieces, PIECE_PLATFORM_LOCALE, plan->platform);
  return g_steal_pointer (&pieces);
}

gboolean
piece_stands_alone (const Piece *piece)
{
  return piece->kind == PIECE_BUNDLED || piece->kind == PIECE_PLATFORM;
}

gboolean
piece_is_in (const Piece *piece, int files_fd)
{
  autofd fd = file_open_beneath (files_fd, piece->folder, O_RDONLY | O_DIRECTORY, 0, NULL);

  return fd >= 0;
}

char *
pieces_metadata (const GPtrArray *pieces, const Ref *ref, const char *metadata)
{
  g_autoptr (GKeyFile) keyfile = g_key_file_new ();
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();

  g_key_file_load_from_data (keyfile, metadata, strlen (metadata), G_KEY_FILE_KEEP_COMMENTS, NULL);
  for (guint i = 0; i < pieces->len; i++)
    {
      const Piece *piece = pieces->pdata[i];
      const Sort *sort = &sorts[piece->kind];

      if (!piece->present || piece->of == NULL || !ref_equal (piece->of, ref))
        continue;
      g_autofree char *group = g_strconcat ("Extension ", piece->ref->id, NULL);
      if (sort->keys[0] != NULL)
        g_key_file_set_string (keyfile, group, "directory", piece->folder);
      for (gsize j = 0; j < G_N_ELEMENTS (sort->keys) && sort->keys[j] != NULL; j++)
        g_key_file_set_boolean (keyfile, group, sort->keys[j], TRUE);
      g_ptr_array_add (ids, piece->ref->id);
    }
  if (ids->len == 0)
    return g_strdup (metadata);
  g_key_file_set_string_list (keyfile, BUILD_GROUP, BUILD_KEY, (const char *const *) ids->pdata, ids->len);
  return g_key_file_to_data (keyfile, NULL, NULL);
}

void
pieces_mark (const GPtrArray *pieces, const char *metadata)
{
  g_autoptr (GKeyFile) keyfile = g_key_file_new ();

  if (!g_key_file_load_from_data (keyfile, metadata, strlen (metadata), G_KEY_FILE_NONE, NULL))
    return;
  g_auto (GStrv) ids = g_key_file_get_string_list (keyfile, BUILD_GROUP, BUILD_KEY, NULL, NULL);
  for (guint i = 0; ids != NULL && i < pieces->len; i++)
    {
      Piece *piece = pieces->pdata[i];

      piece->present = piece->present || g_strv_contains ((const char *const *) ids, piece->ref->id);
    }
}

gboolean
piece_write_metadata (const Piece *piece, GError **error)
{
  g_autoptr (GKeyFile) keyfile = g_key_file_new ();
  g_autofree char *own_text = ref_format (piece->ref);
  g_autofree char *of = ref_format (piece->of);

  g_key_file_set_string (keyfile, "Runtime", "name", piece->ref->id);
  g_key_file_set_string (keyfile, "ExtensionOf", "ref", of);
  g_key_file_set_string (keyfile, "Nacelle Bundle", "ref", own_text);
  g_autofree char *text = g_key_file_to_data (keyfile, NULL, NULL);
  return file_write_unsynced (piece->fd, "metadata", text, strlen (text), 0644, error);
}

gboolean
piece_is_shared (const GPtrArray *pieces, const Piece *piece)
{
  gboolean later = FALSE;

  for (guint i = 0; i < pieces->len; i++)
    {
      const Piece *other = pieces->pdata[i];
      gsize length = other->folder != NULL ? strlen (other->folder) : 0;

      if (other == piece)
        later = TRUE;
      else if (other->kind == PIECE_BUNDLED && piece->kind == PIECE_BUNDLED && strncmp (piece->folder, other->folder, length) == 0
               && (piece->folder[length] == '/' || (later && piece->folder[length] == '\0')))
        return TRUE;
    }
  return FALSE;
}

static gboolean
add_folder (const TreeEntry *entry, gpointer data, GError **error)
{
  if (S_ISDIR (entry->st.st_mode))
    g_ptr_array_add (data, g_strdup (entry->name));
  return TRUE;
}

static gboolean
move_folder (const Piece *piece, int files_fd, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (piece->folder);
  g_autofree char *name = g_path_get_basename (piece->folder);
  g_autoptr (GPtrArray) folders = g_ptr_array_new_with_free_func (g_free);
  autofd dir = file_open_beneath (files_fd, parent, O_RDONLY | O_DIRECTORY, 0, error);
  autofd old = dir >= 0 ? file_open_beneath (dir, name, O_RDONLY | O_DIRECTORY, 0, error) : -1;

  if (old < 0 || (sorts[piece->kind].keeps_folders && !tree_list (old, add_folder, folders, error)))
    return FALSE;
  if (renameat (dir, name, piece->fd, "files") < 0)
    return error_throw_errno (error, errno, "cannot move it");
  autofd new = file_mkdir_p (dir, name, 0755, error);
  for (guint i = 0; new >= 0 && i < folders->len; i++)
    if (mkdirat (new, folders->pdata[i], 0755) < 0)
      return error_throw_errno (error, errno, "cannot make '%s'", (char *) folders->pdata[i]);
  return new >= 0;
}

static gboolean
copy_folder (const Piece *piece, int files_fd, GError **error)
{
  autofd from = file_open_beneath (files_fd, piece->folder, O_RDONLY | O_DIRECTORY, 0, error);
  autofd to = from >= 0 ? file_mkdir_p (piece->fd, "files", 0755, error) : -1;

  return to >= 0 && tree_copy (from, to, error);
}

gboolean
piece_take (const GPtrArray *pieces, const Piece *piece, int files_fd, GError **error)
{
  gboolean shared = piece_is_shared (pieces, piece);

  if ((shared ? copy_folder (piece, files_fd, error) : move_folder (piece, files_fd, error)) && piece_write_metadata (piece, error))
    return TRUE;
  return error_prefix (error, "cannot take %s out for %s", piece->folder, piece->ref->id);
}
