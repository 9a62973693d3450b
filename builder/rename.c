/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/rename.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/metainfo.h"
#include "builder/tree/copy.h"
#include "builder/tree/walk.h"

#define FILE_MAX (4u << 20)
#define APPLICATIONS "share/applications"
#define MIME_PACKAGES "share/mime/packages"
#define ICONS "share/icons"
#define METAINFO "share/metainfo"
#define FORMER_NAMES "X-Flatpak-RenamedFrom"

static const char *const metainfo_folders[] = { METAINFO, "share/appdata" };
static const char *const metainfo_suffixes[] = { ".metainfo.xml", ".appdata.xml" };

/* Rename where `old` is; *ret_found says whether it was there. */
static gboolean
rename_in (int files_fd, const char *folder, const char *old, const char *new, gboolean copy, gboolean *ret_found, GError **error)
{
  struct stat st;
  autofd dir = file_open_beneath (files_fd, folder, O_RDONLY | O_DIRECTORY, 0, NULL);

  *ret_found = dir >= 0 && fstatat (dir, old, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR (st.st_mode);
  if (!*ret_found || strcmp (old, new) == 0)
    return TRUE;
  if (copy)
    return (unlinkat (dir, new, 0) == 0 || errno == ENOENT) && tree_copy_file (dir, old, dir, new, 0644, error);
  if (renameat (dir, old, dir, new) < 0)
    return error_throw_errno (error, errno, "cannot rename '%s/%s' to '%s'", folder, old, new);
  return TRUE;
}

static gboolean
check_name (const char *key, const char *name, GError **error)
{
  return strchr (name, '/') == NULL || error_throw_code (error, ERROR_REFUSED, "%s: '%s' must be a name without '/'", key, name);
}

static gboolean
rename_one (int files_fd, const char *key, const char *folder, const char *old, const char *new, GError **error)
{
  gboolean found;

  if (!check_name (key, old, error) || !rename_in (files_fd, folder, old, new, FALSE, &found, error))
    return FALSE;
  return found || error_throw (error, "%s: no module installed '%s/%s'", key, folder, old);
}

/* Read a regular file, not through links.  NULL without an error when there is none. */
static char *
read_text (int files_fd, const char *path)
{
  gsize length;
  g_autofree char *text = file_read_beneath (files_fd, path, FILE_MAX, &length, NULL);

  return text != NULL && strlen (text) == length ? g_steal_pointer (&text) : NULL;
}

static gboolean
write_text (int files_fd, const char *path, const char *text, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  autofd dir = file_open_beneath (files_fd, folder, O_RDONLY | O_DIRECTORY, 0, error);

  return dir >= 0 && file_write_unsynced (dir, name, text, strlen (text), 0644, error);
}

typedef struct
{
  const char *name;        /* of the icon */
  GPtrArray *found;        /* paths below share/icons */
} IconSearch;

/* THEME/SIZE/CONTEXT/NAME, as flatpak-builder wants it: what lies elsewhere, and links, are no icons that a desktop would look for. */
static gboolean
is_place_of_icon (const char *path)
{
  guint slashes = 0;

  for (const char *at = path; *at != '\0'; at++)
    slashes += *at == '/';
  return slashes == 3;
}

static gboolean
find_icon (const TreeEntry *entry, gpointer data, GError **error)
{
  const IconSearch *search = data;
  gsize length = strlen (search->name);

  if (!S_ISREG (entry->st.st_mode) || !is_place_of_icon (entry->path) || strncmp (entry->name, search->name, length) != 0)
    return TRUE;
  if (entry->name[length] == '.' || g_str_has_prefix (entry->name + length, "-symbolic."))
    g_ptr_array_add (search->found, g_strdup (entry->path));
  return TRUE;
}

/* In all themes and sizes. */
static gboolean
rename_icons (int files_fd, const char *key, const char *old, const char *new, gboolean copy, GError **error)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);
  IconSearch search = { old, found };
  autofd icons = file_open_beneath (files_fd, ICONS, O_RDONLY | O_DIRECTORY, 0, NULL);

  if (!check_name (key, old, error) || (icons >= 0 && !tree_walk (icons, FALSE, find_icon, &search, error)))
    return FALSE;
  if (found->len == 0)
    return error_throw (error, "%s: no module installed an icon '%s' as %s/THEME/SIZE/CONTEXT/%s.SUFFIX", key, old, ICONS, old);
  for (guint i = 0; i < found->len; i++)
    {
      g_autofree char *folder = g_path_get_dirname (found->pdata[i]);
      g_autofree char *name = g_path_get_basename (found->pdata[i]);
      g_autofree char *wanted = g_strconcat (new, name + strlen (old), NULL);
      gboolean there;

      if (!rename_in (icons, folder, name, wanted, copy, &there, error))
        return error_prefix (error, "%s", key);
    }
  return TRUE;
}

static void
edit_desktop_names (const Manifest *manifest, GKeyFile *keyfile)
{
  g_auto (GStrv) keys = g_key_file_get_keys (keyfile, G_KEY_FILE_DESKTOP_GROUP, NULL, NULL);

  for (gsize i = 0; keys != NULL && keys[i] != NULL; i++)
    {
      if (strcmp (keys[i], "Name") != 0 && !g_str_has_prefix (keys[i], "Name["))
        continue;
      g_autofree char *name = g_key_file_get_string (keyfile, G_KEY_FILE_DESKTOP_GROUP, keys[i], NULL);
      g_autofree char *full = g_strconcat (manifest->desktop_file_name_prefix ?: "", name != NULL ? name : "",
                                           manifest->desktop_file_name_suffix ?: "", NULL);
      g_key_file_set_string (keyfile, G_KEY_FILE_DESKTOP_GROUP, keys[i], full);
    }
}

/* The app's own icon, whatever it was called (a path, or with a suffix); in other languages and of actions where it is that one. */
static void
edit_desktop_icons (const Manifest *manifest, GKeyFile *keyfile)
{
  g_auto (GStrv) groups = g_key_file_get_groups (keyfile, NULL);
  g_autofree char *old = g_key_file_get_string (keyfile, G_KEY_FILE_DESKTOP_GROUP, "Icon", NULL);

  for (gsize i = 0; groups[i] != NULL; i++)
    {
      g_auto (GStrv) keys = g_key_file_get_keys (keyfile, groups[i], NULL, NULL);

      for (gsize j = 0; keys != NULL && keys[j] != NULL; j++)
        {
          g_autofree char *icon = g_key_file_get_string (keyfile, groups[i], keys[j], NULL);

          if ((strcmp (keys[j], "Icon") == 0 || g_str_has_prefix (keys[j], "Icon[")) && icon != NULL
              && (g_strcmp0 (icon, old) == 0 || strcmp (icon, manifest->rename_icon) == 0))
            g_key_file_set_string (keyfile, groups[i], keys[j], manifest->id);
        }
    }
  g_key_file_set_string (keyfile, G_KEY_FILE_DESKTOP_GROUP, "Icon", manifest->id);
}

/* Behind the names that it had before. */
static void
add_former_name (GKeyFile *keyfile, const char *name)
{
  g_auto (GStrv) had = g_key_file_get_string_list (keyfile, G_KEY_FILE_DESKTOP_GROUP, FORMER_NAMES, NULL, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (gsize i = 0; had != NULL && had[i] != NULL; i++)
    g_ptr_array_add (names, had[i]);
  g_ptr_array_add (names, (gpointer) name);
  g_key_file_set_string_list (keyfile, G_KEY_FILE_DESKTOP_GROUP, FORMER_NAMES, (const char *const *) names->pdata, names->len);
}

/* ID.desktop, after its renaming. */
static gboolean
edit_desktop_file (const Manifest *manifest, int files_fd, GError **error)
{
  g_autofree char *path = g_strconcat (APPLICATIONS "/", manifest->id, ".desktop", NULL);
  g_autofree char *text = read_text (files_fd, path);
  g_autoptr (GKeyFile) keyfile = g_key_file_new ();
  gboolean names = manifest->desktop_file_name_prefix != NULL || manifest->desktop_file_name_suffix != NULL;

  if (manifest->rename_desktop_file == NULL && manifest->rename_icon == NULL && !names)
    return TRUE;
  if (text == NULL)
    return (manifest->rename_desktop_file == NULL && !names)
           || error_throw (error, "the desktop file '%s' is missing, or not a text file", path);
  if (!g_key_file_load_from_data (keyfile, text, strlen (text), G_KEY_FILE_KEEP_COMMENTS | G_KEY_FILE_KEEP_TRANSLATIONS, error))
    return error_prefix (error, "the desktop file '%s'", path);
  if (manifest->rename_icon != NULL)
    edit_desktop_icons (manifest, keyfile);
  if (names)
    edit_desktop_names (manifest, keyfile);
  if (manifest->rename_desktop_file != NULL)
    add_former_name (keyfile, manifest->rename_desktop_file);
  g_autofree char *edited = g_key_file_to_data (keyfile, NULL, NULL);
  return write_text (files_fd, path, edited, error);
}

/* From another folder. */
static gboolean
move_metainfo (int files_fd, const char *folder, const char *old, const char *new, gboolean *ret_found, GError **error)
{
  struct stat st;
  autofd from = file_open_beneath (files_fd, folder, O_RDONLY | O_DIRECTORY, 0, NULL);

  *ret_found = from >= 0 && fstatat (from, old, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR (st.st_mode);
  if (!*ret_found)
    return TRUE;
  autofd to = file_mkdir_p (files_fd, METAINFO, 0755, error);
  return to >= 0 && (renameat (from, old, to, new) == 0
                     || error_throw_errno (error, errno, "cannot move '%s/%s' to '" METAINFO "/%s'", folder, old, new));
}

static void
note_missing_metainfo (const Manifest *manifest, GPtrArray *notes)
{
  if (manifest->rename_appdata_file != NULL)
    g_ptr_array_add (notes, g_strdup_printf ("rename-appdata-file: no module installed '%s' in %s or %s", manifest->rename_appdata_file,
                                             metainfo_folders[0], metainfo_folders[1]));
  if (manifest->appdata_license != NULL)
    g_ptr_array_add (notes, g_strdup_printf ("appdata-license: there is no " METAINFO "/%s.metainfo.xml", manifest->id));
}

/* However the metainfo file is called, one is METAINFO/ID.metainfo.xml at the end: that is where others look. */
static gboolean
rename_metainfo (const Manifest *manifest, int files_fd, gboolean *ret_found, GError **error)
{
  const char *wanted = manifest->rename_appdata_file;
  g_autofree char *new = g_strconcat (manifest->id, ".metainfo.xml", NULL);

  *ret_found = FALSE;
  if (wanted != NULL && !check_name ("rename-appdata-file", wanted, error))
    return FALSE;
  for (gsize i = 0; !*ret_found && i < G_N_ELEMENTS (metainfo_folders) * G_N_ELEMENTS (metainfo_suffixes); i++)
    {
      g_autofree char *usual = g_strconcat (manifest->id, metainfo_suffixes[i % 2], NULL);

      if (!move_metainfo (files_fd, metainfo_folders[i / 2], wanted ?: usual, new, ret_found, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
edit_metainfo (const Manifest *manifest, int files_fd, GError **error)
{
  g_autofree char *path = g_strconcat (METAINFO "/", manifest->id, ".metainfo.xml", NULL);
  g_autofree char *text = read_text (files_fd, path);
  gboolean renamed = manifest->rename_appdata_file != NULL || manifest->rename_desktop_file != NULL;

  if (text == NULL)
    return error_throw (error, "the metainfo file '%s' is not a text file", path);
  g_autofree char *edited = metainfo_edit (manifest, text, renamed);
  return strcmp (text, edited) == 0 || write_text (files_fd, path, edited, error);
}

static gboolean
rename_mime (const Manifest *manifest, int files_fd, GError **error)
{
  g_autofree char *new = g_strconcat (manifest->id, ".xml", NULL);
  g_autofree char *path = g_build_filename (MIME_PACKAGES, new, NULL);

  if (manifest->rename_mime_file != NULL
      && !rename_one (files_fd, "rename-mime-file", MIME_PACKAGES, manifest->rename_mime_file, new, error))
    return FALSE;
  if (manifest->rename_mime_icons == NULL || manifest->rename_mime_icons[0] == NULL)
    return TRUE;
  for (char **icon = manifest->rename_mime_icons; *icon != NULL; icon++)
    {
      g_autofree char *wanted = g_strconcat (manifest->id, ".", *icon, NULL);

      if (!rename_icons (files_fd, "rename-mime-icons", *icon, wanted, manifest->copy_icon, error))
        return FALSE;
    }
  g_autofree char *text = read_text (files_fd, path);
  g_autofree char *edited = text != NULL ? mime_edit (manifest->id, manifest->rename_mime_icons, text) : NULL;
  return edited == NULL || write_text (files_fd, path, edited, error);
}

gboolean
rename_finish (const Manifest *manifest, int files_fd, GPtrArray *notes, GError **error)
{
  g_autofree char *desktop = g_strconcat (manifest->id, ".desktop", NULL);
  gboolean has_metainfo;

  if (manifest->rename_desktop_file != NULL
      && !rename_one (files_fd, "rename-desktop-file", APPLICATIONS, manifest->rename_desktop_file, desktop, error))
    return FALSE;
  if (manifest->rename_icon != NULL
      && !rename_icons (files_fd, "rename-icon", manifest->rename_icon, manifest->id, manifest->copy_icon, error))
    return FALSE;
  if (!rename_metainfo (manifest, files_fd, &has_metainfo, error))
    return FALSE;
  if (!has_metainfo)
    note_missing_metainfo (manifest, notes);
  return (!has_metainfo || edit_metainfo (manifest, files_fd, error)) && edit_desktop_file (manifest, files_fd, error)
         && rename_mime (manifest, files_fd, error);
}
