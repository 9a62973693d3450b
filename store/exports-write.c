/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From the files of export/ to those that the desktop reads.  Nobody has looked at them before: a publisher need not
 * use our builder.
 */
#include "store/exports.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "bundle/desktop-file.h"
#include "bundle/exported.h"
#include "bundle/mime-file.h"

#define ICON_SIZE_MAX 1024

/* A decoder of a desktop gets the picture without any sandbox: not one that fills the memory. */
static gboolean
check_png (const guint8 *data, gsize length, GError **error)
{
  static const guint8 begin[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R' };
  guint32 width, height;

  if (length < 33 || memcmp (data, begin, sizeof begin) != 0)
    return error_throw_code (error, ERROR_REFUSED, "it is not a PNG image");
  memcpy (&width, data + 16, 4);
  memcpy (&height, data + 20, 4);
  width = GUINT32_FROM_BE (width);
  height = GUINT32_FROM_BE (height);
  if (width == 0 || height == 0 || width > ICON_SIZE_MAX || height > ICON_SIZE_MAX)
    return error_throw_code (error, ERROR_REFUSED, "it is %u x %u pixels large, and the limit is %d", width, height, ICON_SIZE_MAX);
  return TRUE;
}

/* An entity can name a file of the host, or itself a billion times. */
static gboolean
check_xml (const char *data, gsize length, GError **error)
{
  return g_strstr_len (data, (gssize) length, "<!ENTITY") == NULL
         || error_throw_code (error, ERROR_REFUSED, "it declares entities of its own");
}

/* The content for the host; NULL with the reason in *error, or without one for kinds that bundles have for Flatpak only. */
static GBytes *
convert (const ExportItem *item, const DesktopLauncher *launcher, GError **error)
{
  gsize length = 0;
  const char *data = g_bytes_get_data (item->content, &length);
  char *text = NULL;

  switch (exported_kind (item->path))
    {
    case EXPORTED_DESKTOP_FILE:
      text = desktop_file_rewrite (data, length, launcher, &length, error);
      break;
    case EXPORTED_SEARCH_PROVIDER:
      text = search_provider_rewrite (data, length, launcher->id, &length, error);
      break;
    case EXPORTED_ICON:
      if (g_str_has_suffix (item->path, ".png") ? check_png ((const guint8 *) data, length, error) : check_xml (data, length, error))
        return g_bytes_ref (item->content);
      break;
    case EXPORTED_METAINFO:
      if (check_xml (data, length, error))
        return g_bytes_ref (item->content);
      break;
    case EXPORTED_MIME:
      text = mime_file_rewrite (data, length, &length, error);
      break;
    case EXPORTED_DBUS_SERVICE:
    case EXPORTED_NOT:
      break;
    }
  return text == NULL ? NULL : g_bytes_new_take (text, length);
}

static gboolean
write_item (int exported_fd, const char *path, GBytes *content, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  autofd fd = file_mkdir_p (exported_fd, folder, 0755, error);
  gsize length = 0;
  const void *data = g_bytes_get_data (content, &length);

  /* The whole deployment is synced at once. */
  return fd >= 0 && file_write_unsynced (fd, name, data, length, 0644, error);
}

static void
add_note (GPtrArray *notes, const char *path, const char *why)
{
  g_ptr_array_add (notes, g_strdup_printf ("the desktop does not get the app's file %s: %s", path, why));
}

gboolean
exports_write (int deployment_fd, const Ref *ref, const GPtrArray *items, GPtrArray *notes, GError **error)
{
  const char *program = g_getenv ("NACELLE_APPRUN");
  const DesktopLauncher launcher = { program != NULL && g_path_is_absolute (program) ? program : NACELLE_APPRUN, ref->id,
                                     ref->arch, ref->branch };
  autofd fd = file_mkdir_p (deployment_fd, "exported", 0755, error);

  if (fd < 0)
    return FALSE;
  for (guint i = 0; i < items->len; i++)
    {
      const ExportItem *item = items->pdata[i];
      g_autofree char *name = g_path_get_basename (item->path);
      g_autoptr (GError) refused = NULL;
      g_autoptr (GBytes) content = NULL;

      if (item->why != NULL || !exported_name_allowed (ref->id, name))
        {
          add_note (notes, item->path, item->why != NULL ? item->why : "its name does not begin with the app's id");
          continue;
        }
      content = convert (item, &launcher, &refused);
      if (refused != NULL)
        add_note (notes, item->path, refused->message);
      if (content != NULL && !write_item (fd, item->path, content, error))
        return FALSE;
    }
  return TRUE;
}
