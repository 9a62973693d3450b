/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/pieces.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/debuginfo.h"
#include "builder/tree/locales.h"
#include "builder/tree/walk.h"

#define BUILD_GROUP "Build"
#define BUILD_KEY "built-extensions"

typedef struct
{
  const char *name;
  const char *folder;        /* below files/, and where the extension is mounted */
  const char *keys[2];       /* of the extension point, "true" */
  gboolean keeps_folders;    /* what lies directly in the folder leaves an empty one each */
} Piece;

static const Piece pieces[N_PIECES] = {
  [PIECE_LOCALE] = { "Locale", LOCALES_FOLDER, { "autodelete", "locale-subset" }, TRUE },
  [PIECE_DEBUG] = { "Debug", DEBUG_FOLDER, { "autodelete", "no-autodownload" }, FALSE },
  [PIECE_SOURCES] = { "Sources", "sources", { "autodelete", "no-autodownload" }, FALSE },
};

const char *
piece_name (PieceKind kind)
{
  return pieces[kind].name;
}

/* A dash is legal in the last word of an id only. */
static char *
piece_id (const BuildPlan *plan, PieceKind kind)
{
  g_autofree char *prefix = g_strdelimit (g_strdup (plan->ref->id), "-", '_');

  return g_strconcat (prefix, ".", pieces[kind].name, NULL);
}

Ref *
piece_ref (const BuildPlan *plan, PieceKind kind)
{
  Ref *ref = ref_copy (plan->ref);

  ref->kind = REF_RUNTIME;
  g_free (ref->id);
  ref->id = piece_id (plan, kind);
  return ref;
}

static int
open_folder (PieceKind kind, int files_fd)
{
  return file_open_beneath (files_fd, pieces[kind].folder, O_RDONLY | O_DIRECTORY, 0, NULL);
}

gboolean
piece_is_in (PieceKind kind, int files_fd)
{
  autofd fd = open_folder (kind, files_fd);

  return fd >= 0;
}

char *
pieces_metadata (const BuildPlan *plan, const char *metadata, guint present)
{
  g_autoptr (GKeyFile) keyfile = g_key_file_new ();
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);

  if (present == 0)
    return g_strdup (metadata);
  g_key_file_load_from_data (keyfile, metadata, strlen (metadata), G_KEY_FILE_KEEP_COMMENTS, NULL);
  for (PieceKind kind = 0; kind < N_PIECES; kind++)
    {
      if ((present & 1u << kind) == 0)
        continue;
      g_autofree char *id = piece_id (plan, kind);
      g_autofree char *group = g_strconcat ("Extension ", id, NULL);
      g_key_file_set_string (keyfile, group, "directory", pieces[kind].folder);
      for (gsize i = 0; i < G_N_ELEMENTS (pieces[kind].keys); i++)
        g_key_file_set_boolean (keyfile, group, pieces[kind].keys[i], TRUE);
      g_ptr_array_add (ids, g_steal_pointer (&id));
    }
  g_key_file_set_string_list (keyfile, BUILD_GROUP, BUILD_KEY, (const char *const *) ids->pdata, ids->len);
  return g_key_file_to_data (keyfile, NULL, NULL);
}

guint
pieces_of_metadata (const BuildPlan *plan, const char *metadata)
{
  g_autoptr (GKeyFile) keyfile = g_key_file_new ();
  guint present = 0;

  if (!g_key_file_load_from_data (keyfile, metadata, strlen (metadata), G_KEY_FILE_NONE, NULL))
    return 0;
  g_auto (GStrv) ids = g_key_file_get_string_list (keyfile, BUILD_GROUP, BUILD_KEY, NULL, NULL);
  for (PieceKind kind = 0; ids != NULL && kind < N_PIECES; kind++)
    {
      g_autofree char *id = piece_id (plan, kind);

      if (g_strv_contains ((const char *const *) ids, id))
        present |= 1u << kind;
    }
  return present;
}

gboolean
piece_write_metadata (const BuildPlan *plan, PieceKind kind, int piece_fd, GError **error)
{
  g_autoptr (GKeyFile) keyfile = g_key_file_new ();
  g_autoptr (Ref) own = piece_ref (plan, kind);
  g_autofree char *own_text = ref_format (own);
  g_autofree char *of = ref_format (plan->ref);

  g_key_file_set_string (keyfile, "Runtime", "name", own->id);
  g_key_file_set_string (keyfile, "ExtensionOf", "ref", of);
  g_key_file_set_string (keyfile, "Nacelle Bundle", "ref", own_text);
  g_autofree char *text = g_key_file_to_data (keyfile, NULL, NULL);
  return file_write_unsynced (piece_fd, "metadata", text, strlen (text), 0644, error);
}

static gboolean
add_folder (const TreeEntry *entry, gpointer data, GError **error)
{
  if (S_ISDIR (entry->st.st_mode))
    g_ptr_array_add (data, g_strdup (entry->name));
  return TRUE;
}

static gboolean
take_folder (PieceKind kind, int files_fd, int piece_fd, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (pieces[kind].folder);
  g_autofree char *name = g_path_get_basename (pieces[kind].folder);
  g_autoptr (GPtrArray) folders = g_ptr_array_new_with_free_func (g_free);
  autofd dir = file_open_beneath (files_fd, parent, O_RDONLY | O_DIRECTORY, 0, error);
  autofd old = dir >= 0 ? file_open_beneath (dir, name, O_RDONLY | O_DIRECTORY, 0, error) : -1;

  if (old < 0 || (pieces[kind].keeps_folders && !tree_list (old, add_folder, folders, error)))
    return FALSE;
  if (renameat (dir, name, piece_fd, "files") < 0)
    return error_throw_errno (error, errno, "cannot move it");
  autofd new = file_mkdir_p (dir, name, 0755, error);
  for (guint i = 0; new >= 0 && i < folders->len; i++)
    if (mkdirat (new, folders->pdata[i], 0755) < 0)
      return error_throw_errno (error, errno, "cannot make '%s'", (char *) folders->pdata[i]);
  return new >= 0;
}

gboolean
piece_take (const BuildPlan *plan, PieceKind kind, int files_fd, int piece_fd, GError **error)
{
  if (take_folder (kind, files_fd, piece_fd, error) && piece_write_metadata (plan, kind, piece_fd, error))
    return TRUE;
  return error_prefix (error, "cannot take %s out for %s.%s", pieces[kind].folder, plan->ref->id, pieces[kind].name);
}
