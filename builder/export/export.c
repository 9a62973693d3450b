/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/export/export.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "bundle/desktop-file.h"
#include "bundle/exported.h"
#include "builder/tree/copy.h"
#include "builder/tree/walk.h"

#define DESKTOP_FILE_MAX (1u << 20)

typedef struct
{
  const char *folder;           /* in files/ */
  const char *dest;             /* in export/ */
  const char *suffixes[5];      /* NULL-ended */
} ExportRule;

static const ExportRule rules[] = {
  { "share/applications", "share/applications", { ".desktop" } },
  { "share/icons", "share/icons", { ".png", ".svg", ".svgz", ".ico" } },
  { "share/metainfo", "share/metainfo", { ".xml" } },
  { "share/appdata", "share/metainfo", { ".xml" } },
  { "share/dbus-1/services", "share/dbus-1/services", { ".service" } },
  { "share/mime/packages", "share/mime/packages", { ".xml" } },
  { "share/gnome-shell/search-providers", "share/gnome-shell/search-providers", { ".ini" } },
  { "share/krunner/dbusplugins", "share/krunner/dbusplugins", { ".desktop" } },
};

typedef struct
{
  const ExportRule *rule;
  const char *id;
  const GPtrArray *owned;
  int export_fd;
  GPtrArray *notes;
} Export;

static gboolean
has_suffix (const ExportRule *rule, const char *name)
{
  for (gsize i = 0; rule->suffixes[i] != NULL; i++)
    if (g_str_has_suffix (name, rule->suffixes[i]))
      return TRUE;
  return FALSE;
}

/* As Flatpak: a service has the name that it is called by. */
static gboolean
is_owned_service (const Export *job, const char *name)
{
  gsize length = strlen (name) - strlen (".service");

  for (guint i = 0; job->owned != NULL && strcmp (job->rule->suffixes[0], ".service") == 0 && i < job->owned->len; i++)
    {
      const char *owned = job->owned->pdata[i];
      gboolean prefix = g_str_has_suffix (owned, ".*");
      gsize wanted = strlen (owned) - (prefix ? strlen (".*") : 0);

      if (strncmp (name, owned, wanted) == 0 && (length == wanted || (prefix && length > wanted && name[wanted] == '.')))
        return TRUE;
    }
  return FALSE;
}

static gboolean
check_desktop_file (const TreeEntry *entry, GError **error)
{
  gsize length = 0;
  g_autofree char *text = file_read_beneath (entry->parent_fd, entry->name, DESKTOP_FILE_MAX, &length, error);

  return text != NULL && desktop_file_check (text, length, error);
}

static gboolean
export_entry (const TreeEntry *entry, gpointer data, GError **error)
{
  Export *job = data;

  if (S_ISDIR (entry->st.st_mode) || !has_suffix (job->rule, entry->name))
    return TRUE;
  if (!exported_name_allowed (job->id, entry->name) && !is_owned_service (job, entry->name))
    {
      g_ptr_array_add (job->notes, g_strdup_printf ("not exported: %s/%s (its name does not begin with %s)",
                                                    job->rule->folder, entry->path, job->id));
      return TRUE;
    }
  if (!S_ISREG (entry->st.st_mode))
    {
      g_ptr_array_add (job->notes, g_strdup_printf ("not exported: %s/%s (it is not a regular file)", job->rule->folder,
                                                    entry->path));
      return TRUE;
    }
  if (strcmp (job->rule->suffixes[0], ".desktop") == 0 && !check_desktop_file (entry, error))
    return error_prefix (error, "cannot export '%s/%s'", job->rule->folder, entry->path);
  g_autofree char *dest = g_build_filename (job->rule->dest, entry->path, NULL);
  g_autofree char *parent = g_path_get_dirname (dest);
  autofd dir = file_mkdir_p (job->export_fd, parent, 0755, error);
  if (dir < 0)
    return FALSE;
  if (faccessat (dir, entry->name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
    return TRUE; /* share/metainfo comes before share/appdata */
  if (!tree_copy_file (entry->parent_fd, entry->name, dir, entry->name, 0644, error))
    return error_prefix (error, "cannot export '%s/%s'", job->rule->folder, entry->path);
  return TRUE;
}

gboolean
export_collect (const char *id, const GPtrArray *owned, int files_fd, int export_fd, GPtrArray *notes, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rules); i++)
    {
      Export job = { &rules[i], id, owned, export_fd, notes };
      /* A folder that is missing, or that a build replaced by a link, exports nothing. */
      autofd folder = file_open_beneath (files_fd, rules[i].folder, O_RDONLY | O_DIRECTORY, 0, NULL);

      if (folder >= 0 && !tree_walk (folder, FALSE, export_entry, &job, error))
        return FALSE;
    }
  return TRUE;
}
