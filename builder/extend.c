/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A place that several extensions share is an empty folder of ours over the one in /usr or /app, as in Flatpak, so that each finds
 * room in it; any other must be there.  The install tree may be written, so what is missing in it is made.
 */
#include "builder/extend.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/tree/copy.h"
#include "builder/tree/locales.h"
#include "builder/tree/walk.h"
#include "builder/workshop.h"

/* An extension replaces what is there before. */
static gboolean
copy_extension (const BasesExtension *extension, int tree_fd, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (extension->place);
  g_autofree char *name = g_path_get_basename (extension->place);
  autofd dir = file_mkdir_p (tree_fd, parent, 0755, error);

  if (dir < 0 || !file_remove_tree (dir, name, error))
    return error_prefix (error, "cannot put %s to %s", extension->ground->name, extension->place);
  autofd dest = file_mkdir_p (dir, name, 0755, error);
  return dest >= 0 && tree_copy (extension->ground->files_fd, dest, error);
}

static gboolean
copy_start (const Ground *start, const GPtrArray *extensions, int tree_fd, GError **error)
{
  if (start == NULL)
    return TRUE;
  if (!tree_copy (start->files_fd, tree_fd, error))
    return error_prefix (error, "cannot copy %s", start->name);
  for (guint i = 0; i < extensions->len; i++)
    if (!copy_extension (extensions->pdata[i], tree_fd, error))
      return FALSE;
  return TRUE;
}

gboolean
extend_start_platform (const Bases *bases, int tree_fd, GError **error)
{
  return copy_start (bases->platform, bases->platform_extensions, tree_fd, error);
}

gboolean
extend_start_writable (const Bases *bases, WritableTree which, int tree_fd, GError **error)
{
  g_autoptr (GPtrArray) none = g_ptr_array_new ();

  return which == WRITABLE_VAR ? copy_start (bases->var, none, tree_fd, error)
                               : copy_start (bases->sdk, bases->sdk_extensions, tree_fd, error);
}

gboolean
extend_start_tree (const Bases *bases, const BuildPlan *plan, int tree_fd, GError **error)
{
  gboolean system = workshop_is_system (plan);

  if (!copy_start (system ? bases->sdk : bases->base, system ? bases->sdk_extensions : bases->base_extensions, tree_fd, error))
    return FALSE;
  /* Not what a module changes, so that no cleanup pattern takes them. */
  return !system || !plan->manifest->separate_locales || locales_move (tree_fd, error);
}

static gboolean
add_name (const TreeEntry *entry, gpointer data, GError **error)
{
  g_ptr_array_add (data, g_strdup (entry->name));
  return TRUE;
}

typedef struct
{
  const Bases *bases;
  gboolean system;
  int tree_fd;
  unsigned flags;            /* of the install tree */
  SandboxPlan *sandbox;
  GHashTable *made;          /* folders that are empty ones of ours */
} Mounting;

/* What is mounted at /usr or /app, and whether it is the install tree. */
static int
parent_of (const Mounting *mounting, const char *prefix, gboolean *ret_writable)
{
  gboolean usr = strcmp (prefix, "/usr") == 0;
  int copy = mounting->bases->writable_fds[WRITABLE_USR];

  *ret_writable = TRUE;
  if (usr && copy >= 0)
    return copy;
  *ret_writable = usr ? mounting->system : !mounting->system && mounting->bases->own == NULL;
  if (*ret_writable)
    return mounting->tree_fd;
  if (usr)
    return mounting->bases->usr_fd;
  return mounting->bases->extended != NULL ? mounting->bases->extended->files_fd : -1;
}

static gboolean
prepare_place (const Mounting *mounting, const BasesExtension *extension, GError **error)
{
  const char *folder = extension->folder != NULL ? extension->folder : extension->place;
  g_autofree char *dest = g_build_filename (extension->prefix, folder, NULL);
  gboolean writable;
  int parent = parent_of (mounting, extension->prefix, &writable);
  g_autoptr (GError) local = NULL;
  autofd fd = writable ? file_mkdir_p (parent, folder, 0755, &local)
                       : file_open_beneath (parent, folder, O_PATH | O_DIRECTORY, 0, &local);

  if (fd < 0)
    return error_throw (error, "there is no folder %s for the extension %s to be mounted at; whoever makes what is mounted at %s has to "
                        "put an empty one there", dest, extension->ground != NULL ? extension->ground->name : "that is built",
                        extension->prefix);
  if (extension->folder != NULL && g_hash_table_add (mounting->made, g_strdup (dest)))
    sandbox_plan_tmpfs (mounting->sandbox, dest, 0755, 0, "extension");
  return TRUE;
}

static int
compare_places (gconstpointer a, gconstpointer b)
{
  const BasesExtension *first = *(const BasesExtension *const *) a, *second = *(const BasesExtension *const *) b;
  int order = strcmp (first->prefix, second->prefix);

  return order != 0 ? order : strcmp (first->place, second->place);
}

static void
add_all (GPtrArray *all, const GPtrArray *extensions)
{
  for (guint i = 0; i < extensions->len; i++)
    g_ptr_array_add (all, extensions->pdata[i]);
}

static gboolean
mount_one (const Mounting *mounting, const BasesExtension *extension, GError **error)
{
  g_autofree char *dest = g_build_filename (extension->prefix, extension->place, NULL);

  if (extension->ground != NULL)
    return ground_mount (extension->ground, mounting->sandbox, dest, "extension", error);
  int fd = fcntl (mounting->tree_fd, F_DUPFD_CLOEXEC, 3);
  if (fd < 0)
    return error_throw (error, "cannot use the install tree");
  sandbox_plan_bind_fd (mounting->sandbox, fd, "the install tree", dest, mounting->flags, "build");
  return TRUE;
}

/* Links to what one of several has in a folder that is shown together for all; the first one that has a name gives it. */
static gboolean
merge_folder (const Mounting *mounting, const BasesExtension *extension, const char *folder, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  autofd fd = file_open_beneath (extension->ground->files_fd, folder, O_RDONLY | O_DIRECTORY, 0, NULL);

  if (fd < 0)
    return TRUE; /* not each of them has each folder */
  if (!tree_list (fd, add_name, names, error))
    return error_prefix (error, "cannot list %s of %s", folder, extension->ground->name);
  for (guint i = 0; i < names->len; i++)
    {
      g_autofree char *target = g_build_filename (extension->prefix, extension->place, folder, names->pdata[i], NULL);
      g_autofree char *dest = g_build_filename (extension->prefix, extension->folder, folder, names->pdata[i], NULL);

      if (g_hash_table_add (mounting->made, g_strdup (dest)))
        sandbox_plan_symlink (mounting->sandbox, target, dest, "extension");
    }
  return TRUE;
}

static gboolean
merge_all (const Mounting *mounting, const GPtrArray *extensions, GError **error)
{
  for (guint i = 0; i < extensions->len; i++)
    {
      const BasesExtension *extension = extensions->pdata[i];
      char **folder = extension->folder != NULL && extension->ground != NULL ? extension->merge_dirs : NULL;

      for (; folder != NULL && *folder != NULL; folder++)
        if (!merge_folder (mounting, extension, *folder, error))
          return FALSE;
    }
  return TRUE;
}

gboolean
extend_add_mounts (const Bases *bases, const BuildPlan *plan, int tree_fd, unsigned flags, SandboxPlan *sandbox, GError **error)
{
  g_autoptr (GHashTable) made = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) all = g_ptr_array_new ();
  const Mounting mounting = { bases, workshop_is_system (plan), tree_fd, flags, sandbox, made };

  if (bases->own != NULL && strcmp (bases->own->prefix, "/app") == 0)
    {
      if (!ground_mount (bases->extended, sandbox, "/app", "extended app", error))
        return FALSE;
    }
  else if (bases->own != NULL)
    sandbox_plan_dir (sandbox, "/app", 0755, "build");
  if (!mounting.system && bases->writable_fds[WRITABLE_USR] < 0)
    add_all (all, bases->sdk_extensions);
  add_all (all, bases->app_extensions);
  if (bases->own != NULL)
    g_ptr_array_add (all, bases->own);
  g_ptr_array_sort (all, compare_places); /* one may lie in another */
  for (guint i = 0; i < all->len; i++)
    if (!prepare_place (&mounting, all->pdata[i], error) || !mount_one (&mounting, all->pdata[i], error))
      return FALSE;
  return (mounting.system || bases->writable_fds[WRITABLE_USR] >= 0 || merge_all (&mounting, bases->sdk_extensions, error))
         && merge_all (&mounting, bases->app_extensions, error);
}

static void
append_path (GString *paths, const char *path)
{
  if (path != NULL && *path != '\0')
    g_string_append_printf (paths, "%s%s", paths->len > 0 ? ":" : "", path);
}

char *
extend_library_path (const Bases *bases, const char *own)
{
  g_autoptr (GString) paths = g_string_new (NULL);

  for (guint i = 0; i < bases->app_extensions->len; i++)
    append_path (paths, ((const BasesExtension *) bases->app_extensions->pdata[i])->add_ld_path);
  append_path (paths, own);
  for (guint i = 0; i < bases->sdk_extensions->len; i++)
    append_path (paths, ((const BasesExtension *) bases->sdk_extensions->pdata[i])->add_ld_path);
  return paths->len > 0 ? g_strdup (paths->str) : NULL;
}
