/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Installed extensions of the runtime and of the app, each at the place that the metadata names.
 *
 * That place must be a folder of the bundle, which is read-only.  Where one point has several extensions its folder becomes an empty
 * one of ours, in which they are mounted beside each other; there also the folders come together that they want to be merged
 * (merge-dirs): a folder of links to what each of them has, the one with the highest priority first.
 */
#include "runner/plan/context.h"

#include <dirent.h>
#include <string.h>

#include "base/file.h"
#include "runner/extensions.h"

#define ORIGIN "extension"

typedef struct
{
  PlanContext *context;
  const char *prefix;        /* "/app" or "/usr" */
  const Bundle *parent;
  GHashTable *made;          /* folders of ours, and links in them */
} Mounting;

/* Is it there, and not yet, in this sandbox? */
static gboolean
first_time (const Mounting *mounting, const char *path)
{
  return g_hash_table_add (mounting->made, g_strdup (path));
}

static gboolean
prepare_place (const Mounting *mounting, const LaunchExtension *extension)
{
  const char *folder = extension->one_of_several ? extension->directory : extension->mount;
  g_autofree char *dest = g_build_filename (mounting->prefix, folder, NULL);
  autofd fd = file_open_beneath (mounting->parent->files_fd, folder, O_PATH | O_DIRECTORY, 0, NULL);

  if (fd < 0)
    {
      plan_note (mounting->context, "the extension %s is left out: %s has no folder %s to mount it at", extension->bundle->name,
                 mounting->parent->name, dest);
      return FALSE;
    }
  if (extension->one_of_several && first_time (mounting, dest))
    (void) sandbox_plan_tmpfs (mounting->context->plan, dest, 0755, 0, ORIGIN);
  return TRUE;
}

static void
merge_folder (const Mounting *mounting, const LaunchExtension *extension, const char *folder)
{
  int fd = file_open_beneath (extension->bundle->files_fd, folder, O_RDONLY | O_DIRECTORY, 0, NULL);
  DIR *dir = fd >= 0 ? fdopendir (fd) : NULL;

  if (dir == NULL)
    {
      file_close_fd (&fd);
      return; /* not each of them has each folder */
    }
  for (struct dirent *entry = readdir (dir); entry != NULL; entry = readdir (dir))
    {
      g_autofree char *target = g_build_filename (mounting->prefix, extension->mount, folder, entry->d_name, NULL);
      g_autofree char *dest = g_build_filename (mounting->prefix, extension->directory, folder, entry->d_name, NULL);

      if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0 && first_time (mounting, dest))
        (void) sandbox_plan_symlink (mounting->context->plan, target, dest, ORIGIN);
    }
  closedir (dir);
}

static int
compare_places (gconstpointer a, gconstpointer b)
{
  const LaunchExtension *first = *(const LaunchExtension *const *) a, *second = *(const LaunchExtension *const *) b;

  return strcmp (first->mount, second->mount);
}

static void
mount_all (PlanContext *context, const GPtrArray *extensions, const char *prefix, const Bundle *parent)
{
  g_autoptr (GHashTable) made = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) mounted = g_ptr_array_new ();
  g_autoptr (GPtrArray) by_place = g_ptr_array_new ();
  const Mounting mounting = { context, prefix, parent, made };

  for (guint i = 0; i < extensions->len; i++)
    if (prepare_place (&mounting, extensions->pdata[i]))
      {
        g_ptr_array_add (mounted, extensions->pdata[i]);
        g_ptr_array_add (by_place, extensions->pdata[i]);
      }
  g_ptr_array_sort (by_place, compare_places); /* one may lie in another */
  for (guint i = 0; i < by_place->len; i++)
    {
      const LaunchExtension *extension = by_place->pdata[i];
      g_autofree char *dest = g_build_filename (prefix, extension->mount, NULL);

      plan_bundle_files (context, extension->bundle, dest, ORIGIN);
    }
  for (guint i = 0; i < mounted->len; i++)
    {
      const LaunchExtension *extension = mounted->pdata[i];

      for (char **folder = extension->merge_dirs; extension->one_of_several && folder != NULL && *folder != NULL; folder++)
        merge_folder (&mounting, extension, *folder);
    }
}

gboolean
plan_extensions (PlanContext *context, GError **error)
{
  const Launch *launch = context->launch;

  if (launch->runtime_extensions != NULL)
    mount_all (context, launch->runtime_extensions, "/usr", launch->runtime);
  if (launch->app_extensions != NULL)
    mount_all (context, launch->app_extensions, "/app", launch->app);
  return TRUE;
}

static void
append_paths (GString *paths, const GPtrArray *extensions, const char *prefix)
{
  for (guint i = 0; extensions != NULL && i < extensions->len; i++)
    {
      const LaunchExtension *extension = extensions->pdata[i];
      g_autofree char *path = extension->add_ld_path != NULL
                                ? g_build_filename (prefix, extension->mount, extension->add_ld_path, NULL) : NULL;

      if (path != NULL)
        g_string_append_printf (paths, "%s%s", paths->len > 0 ? ":" : "", path);
    }
}

char *
plan_library_path (const PlanContext *context, const char *own)
{
  g_autoptr (GString) paths = g_string_new (NULL);

  append_paths (paths, context->launch->app_extensions, "/app");
  if (own != NULL)
    g_string_append_printf (paths, "%s%s", paths->len > 0 ? ":" : "", own);
  append_paths (paths, context->launch->runtime_extensions, "/usr");
  return paths->len > 0 ? g_strdup (paths->str) : NULL;
}

char *
plan_extension_names (const GPtrArray *extensions)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; extensions != NULL && i < extensions->len; i++)
    {
      const Bundle *bundle = ((const LaunchExtension *) extensions->pdata[i])->bundle;

      g_string_append_printf (names, "%s%s=%s", i > 0 ? ";" : "", bundle->metadata->id, bundle->checksum);
    }
  return names->len > 0 ? g_strdup (names->str) : NULL;
}
