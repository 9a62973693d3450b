/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/licences.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/tree/copy.h"
#include "builder/tree/walk.h"

typedef struct
{
  const char *prefix;      /* of the destination: folder in the licences' folder, or "" */
  int dest_fd;
} Copy;

/* `name` of `parent_fd` to `path` below the destination. */
static gboolean
copy_file (int parent_fd, const char *name, int dest_fd, const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *base = g_path_get_basename (path);
  autofd dir = file_mkdir_p (dest_fd, folder, 0755, error);

  /* The module may install to the same place, and knows better. */
  if (dir >= 0 && faccessat (dir, base, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
    return TRUE;
  return dir >= 0 && tree_copy_file (parent_fd, name, dir, base, 0644, error);
}

static gboolean
copy_entry (const TreeEntry *entry, gpointer data, GError **error)
{
  const Copy *copy = data;
  g_autofree char *path = g_build_filename (copy->prefix, entry->path, NULL);

  return !S_ISREG (entry->st.st_mode) || copy_file (entry->parent_fd, entry->name, copy->dest_fd, path, error);
}

static gboolean
copy_folder (int source_fd, const char *name, int dest_fd, GError **error)
{
  const Copy copy = { name, dest_fd };
  autofd folder = file_open_beneath (source_fd, name, O_RDONLY | O_DIRECTORY, 0, error);

  return folder >= 0 && tree_walk (folder, FALSE, copy_entry, (gpointer) &copy, error);
}

static gboolean
has_usual_name (const char *name, gboolean folder)
{
  static const char *const folders[] = { "LICENSES", "LICENCES", "licenses", "licences", NULL };

  if (folder)
    return g_strv_contains (folders, name);
  return g_str_has_prefix (name, "COPYING") || g_str_has_prefix (name, "LICENSE") || g_str_has_prefix (name, "LICENCE");
}

static gboolean
collect_named (const BuildModule *module, int source_fd, int dest_fd, GError **error)
{
  for (char **path = module->module->license_files; *path != NULL; path++)
    {
      g_autofree char *folder = g_path_get_dirname (*path);
      g_autofree char *base = g_path_get_basename (*path);
      /* Each folder on the way is opened without following links, so that a source cannot point out of itself. */
      autofd parent = g_path_is_absolute (*path) ? -1 : file_open_beneath (source_fd, folder, O_PATH | O_DIRECTORY, 0, error);

      if (g_path_is_absolute (*path))
        return error_throw_code (error, ERROR_REFUSED, "license-files: '%s' must be a path in the sources", *path);
      if (parent < 0 || !copy_file (parent, base, dest_fd, base, error))
        return error_prefix (error, "license-files: cannot take '%s'", *path);
    }
  return TRUE;
}

static gboolean
add_usual (const TreeEntry *entry, gpointer data, GError **error)
{
  if ((S_ISREG (entry->st.st_mode) || S_ISDIR (entry->st.st_mode))
      && has_usual_name (entry->name, S_ISDIR (entry->st.st_mode)))
    g_ptr_array_add (data, g_strdup (entry->name));
  return TRUE;
}

static gboolean
collect_usual (int source_fd, const GPtrArray *names, int dest_fd, GError **error)
{
  for (guint i = 0; i < names->len; i++)
    {
      const char *name = names->pdata[i];
      gboolean folder = has_usual_name (name, TRUE);

      if (folder ? !copy_folder (source_fd, name, dest_fd, error) : !copy_file (source_fd, name, dest_fd, name, error))
        return error_prefix (error, "cannot keep the licence '%s'", name);
    }
  return TRUE;
}

gboolean
licences_collect (const BuildPlan *plan, const BuildModule *module, int source_fd, int tree_fd, GError **error)
{
  g_autofree char *place = g_build_filename ("share/licenses", plan->manifest->id, module->name, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  gboolean named = module->module->license_files != NULL && module->module->license_files[0] != NULL;

  if (!named && !tree_list (source_fd, add_usual, names, error))
    return FALSE;
  if (!named && names->len == 0)
    return TRUE;
  autofd dest = file_mkdir_p (tree_fd, place, 0755, error);
  if (dest < 0)
    return error_prefix (error, "cannot keep the licences of module '%s'", module->name);
  return named ? collect_named (module, source_fd, dest, error) : collect_usual (source_fd, names, dest, error);
}
