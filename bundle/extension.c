/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bundle/extension.h"

#include <string.h>

#include "base/error.h"

static void
point_free (gpointer data)
{
  ExtensionPoint *point = data;

  g_free (point->name);
  g_free (point->tag);
  g_free (point->directory);
  g_strfreev (point->versions);
  g_free (point->add_ld_path);
  g_free (point->subdirectory_suffix);
  g_strfreev (point->merge_dirs);
  g_strfreev (point->enable_if);
  g_free (point);
}

/* A relative path that stays below where it starts. */
static gboolean
stays_below (const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);

  for (gsize i = 0; parts[i] != NULL; i++)
    if (g_str_equal (parts[i], "..") || g_str_equal (parts[i], "."))
      return FALSE;
  return *path != '\0' && *path != '/';
}

static gboolean
check_path (const char *group, const char *key, const char *path, GError **error)
{
  if (path == NULL || stays_below (path))
    return TRUE;
  return error_throw_code (error, ERROR_REFUSED, "the metadata is refused: \"%s\" in [%s] must be a path below the bundle, not \"%s\"", key,
                           group, path);
}

static gboolean
check_ld_path (const char *group, const char *path, GError **error)
{
  return (path != NULL && *path == '\0') || check_path (group, "add-ld-path", path, error);
}

static char *
read_path (GKeyFile *metadata, const char *group, const char *key)
{
  g_autofree char *path = g_key_file_get_string (metadata, group, key, NULL);

  return path != NULL && *path != '\0' ? g_steal_pointer (&path) : NULL;
}

/* flatpak-builder writes lists with and without a ';' at the end. */
static char **
read_list (GKeyFile *metadata, const char *group, const char *key)
{
  g_auto (GStrv) list = g_key_file_get_string_list (metadata, group, key, NULL, NULL);

  return list != NULL && *list != NULL ? g_steal_pointer (&list) : NULL;
}

static gboolean
check_point (const ExtensionPoint *point, const char *group, GError **error)
{
  if (!check_path (group, "directory", point->directory, error) || !check_ld_path (group, point->add_ld_path, error)
      || !check_path (group, "subdirectory-suffix", point->subdirectory_suffix, error))
    return FALSE;
  for (char **dir = point->merge_dirs; dir != NULL && *dir != NULL; dir++)
    if (!check_path (group, "merge-dirs", *dir, error))
      return FALSE;
  return TRUE;
}

static ExtensionPoint *
read_point (GKeyFile *metadata, const char *group, const char *default_version)
{
  ExtensionPoint *point = g_new0 (ExtensionPoint, 1);
  const char *name = group + strlen (EXTENSION_GROUP);
  const char *at = strchr (name, '@');
  g_autofree char *version = g_key_file_get_string (metadata, group, "version", NULL);

  point->name = at != NULL ? g_strndup (name, (gsize) (at - name)) : g_strdup (name);
  point->tag = at != NULL ? g_strdup (at + 1) : NULL;
  point->directory = read_path (metadata, group, "directory");
  point->versions = read_list (metadata, group, "versions");
  if (point->versions == NULL)
    {
      const char *const one[] = { version != NULL ? version : default_version, NULL };
      point->versions = g_strdupv ((char **) one);
    }
  point->add_ld_path = read_path (metadata, group, "add-ld-path");
  /* The extension's own folder, as many have it. */
  if (g_strcmp0 (point->add_ld_path, ".") == 0)
    *point->add_ld_path = '\0';
  point->subdirectory_suffix = read_path (metadata, group, "subdirectory-suffix");
  point->merge_dirs = read_list (metadata, group, "merge-dirs");
  point->enable_if = read_list (metadata, group, "enable-if");
  point->subdirectories = g_key_file_get_boolean (metadata, group, "subdirectories", NULL);
  return point;
}

static int
compare_points (gconstpointer a, gconstpointer b)
{
  const ExtensionPoint *first = *(const ExtensionPoint *const *) a, *second = *(const ExtensionPoint *const *) b;
  int order = strcmp (first->name, second->name);

  return order != 0 ? order : g_strcmp0 (first->tag, second->tag);
}

GPtrArray *
extension_points_new (GKeyFile *metadata, const char *default_version, GError **error)
{
  g_autoptr (GPtrArray) points = g_ptr_array_new_with_free_func (point_free);
  g_auto (GStrv) groups = g_key_file_get_groups (metadata, NULL);

  for (gsize i = 0; groups[i] != NULL; i++)
    {
      if (!g_str_has_prefix (groups[i], EXTENSION_GROUP))
        continue;
      ExtensionPoint *point = read_point (metadata, groups[i], default_version);
      if (!check_point (point, groups[i], error))
        {
          point_free (point);
          return NULL;
        }
      if (point->directory != NULL && *point->name != '\0')
        g_ptr_array_add (points, point);
      else
        point_free (point);
    }
  g_ptr_array_sort (points, compare_points);
  return g_steal_pointer (&points);
}

gboolean
extension_point_takes (const ExtensionPoint *point, const char *id, const char **ret_sub)
{
  gsize length = strlen (point->name);

  *ret_sub = NULL;
  if (strncmp (id, point->name, length) != 0)
    return FALSE;
  if (id[length] == '\0')
    return TRUE;
  if (!point->subdirectories || id[length] != '.')
    return FALSE;
  *ret_sub = id + length + 1;
  return TRUE;
}

char *
extension_point_place (const ExtensionPoint *point, const char *sub)
{
  return sub != NULL ? g_build_filename (point->directory, sub, NULL) : g_strdup (point->directory);
}
