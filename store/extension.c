/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/extension.h"

#include <string.h>

#include "base/error.h"
#include "base/witness.h"
#include "store/deployment-private.h"

void
installed_extension_free (gpointer data)
{
  InstalledExtension *extension = data;

  deployment_free (extension->deployment);
  g_free (extension->place);
  g_free (extension->mount);
  g_free (extension);
}

static gboolean
has_place (const GPtrArray *found, const char *mount)
{
  for (guint i = 0; i < found->len; i++)
    if (strcmp (((const InstalledExtension *) found->pdata[i])->mount, mount) == 0)
      return TRUE;
  return FALSE;
}

/* Takes `deployment`. */
static void
add_found (GPtrArray *found, const ExtensionPoint *point, const char *sub, Deployment *deployment)
{
  InstalledExtension *extension = g_new0 (InstalledExtension, 1);

  extension->deployment = deployment;
  extension->point = point;
  extension->one_of_several = sub != NULL;
  extension->place = extension_point_place (point, sub);
  extension->mount = point->subdirectory_suffix != NULL ? g_build_filename (extension->place, point->subdirectory_suffix, NULL)
                                                        : g_strdup (extension->place);
  extension->priority = g_key_file_get_integer (deployment->metadata->keyfile, "ExtensionOf", "priority", NULL);
  if (has_place (found, extension->mount))
    installed_extension_free (extension);
  else
    g_ptr_array_add (found, extension);
}

/* *ret_found: whether it is installed. */
static gboolean
look_for (GPtrArray *found, const ExtensionPoint *point, const char *id, const char *arch, const char *version, gboolean *ret_found,
          GError **error)
{
  g_autoptr (Ref) ref = ref_new (REF_RUNTIME, id, arch, version, NULL);
  g_autoptr (GError) local = NULL;
  const char *sub;

  *ret_found = FALSE;
  if (ref == NULL || !extension_point_takes (point, id, &sub))
    return TRUE; /* no legal name: nothing can be installed under it */
  Deployment *deployment = deployment_open (ref, &local);
  if (deployment != NULL)
    {
      *ret_found = TRUE;
      add_found (found, point, sub, deployment);
      return TRUE;
    }
  if (g_error_matches (local, ERROR_DOMAIN, ERROR_NOT_FOUND))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

/* All whose id begins with the point's name. */
static gboolean
look_for_several (GPtrArray *found, const ExtensionPoint *point, const char *arch, const char *version, GError **error)
{
  for (int system = FALSE; system <= TRUE; system++)
    {
      g_auto (StoreRoot) root = STORE_ROOT_INIT;
      gboolean is_installed;

      if (!store_root_open (system, &root, error))
        return FALSE;
      if (root.fd < 0)
        continue;
      g_autofree char *path = g_build_filename (root.path, "runtime", NULL);
      witness_note (WITNESS_FILE, path);
      g_autoptr (GPtrArray) names = deployment_list_names (root.fd, "runtime", error);
      if (names == NULL)
        return FALSE;
      for (guint i = 0; i < names->len; i++)
        {
          const char *sub;

          if (extension_point_takes (point, names->pdata[i], &sub) && sub != NULL
              && !look_for (found, point, names->pdata[i], arch, version, &is_installed, error))
            return FALSE;
        }
    }
  return TRUE;
}

/* As in Flatpak: an extension with the very name of the point comes instead of the several. */
static gboolean
look_for_version (GPtrArray *found, const ExtensionPoint *point, const char *arch, const char *version, GError **error)
{
  gboolean is_installed;

  if (!look_for (found, point, point->name, arch, version, &is_installed, error))
    return FALSE;
  return is_installed || !point->subdirectories || look_for_several (found, point, arch, version, error);
}

static int
compare_found (gconstpointer a, gconstpointer b)
{
  const InstalledExtension *first = *(const InstalledExtension *const *) a, *second = *(const InstalledExtension *const *) b;

  if (first->priority != second->priority)
    return first->priority > second->priority ? -1 : 1;
  return strcmp (first->mount, second->mount);
}

GPtrArray *
extensions_find (const GPtrArray *points, const char *arch, GError **error)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (installed_extension_free);

  for (guint i = 0; i < points->len; i++)
    {
      const ExtensionPoint *point = points->pdata[i];

      for (char **version = point->versions; *version != NULL; version++)
        if (!look_for_version (found, point, arch, *version, error))
          return NULL;
    }
  g_ptr_array_sort (found, compare_found);
  return g_steal_pointer (&found);
}
