/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bundle/extra-data.h"

#include <string.h>

#include "base/error.h"

#define FILES_MAX 1000
#define NAME_MAX_BYTES 255

static void
file_free (gpointer data)
{
  ExtraFile *file = data;

  g_free (file->name);
  g_free (file->url);
  g_free (file->sha256);
  g_free (file);
}

static char *
read_text (GKeyFile *metadata, const char *key, const char *suffix)
{
  g_autofree char *name = g_strconcat (key, suffix, NULL);

  return g_key_file_get_string (metadata, EXTRA_DATA_GROUP, name, NULL);
}

static guint64
read_number (GKeyFile *metadata, const char *key, const char *suffix)
{
  g_autofree char *text = read_text (metadata, key, suffix);
  guint64 number = 0;

  return text != NULL && g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT64, &number, NULL) ? number : 0;
}

static gboolean
is_plain_name (const char *name)
{
  for (const char *p = name; *p != '\0'; p++)
    if ((guchar) *p < 0x20 || *p == 0x7f || *p == '/')
      return FALSE;
  return *name != '\0' && strcmp (name, ".") != 0 && strcmp (name, "..") != 0 && strlen (name) <= NAME_MAX_BYTES;
}

static gboolean
is_web_address (const char *url)
{
  for (const char *p = url; *p != '\0'; p++)
    if ((guchar) *p <= 0x20 || (guchar) *p >= 0x7f)
      return FALSE;
  return g_str_has_prefix (url, "http://") || g_str_has_prefix (url, "https://");
}

static gboolean
is_sha256 (const char *text)
{
  return strlen (text) == 64 && strspn (text, "0123456789abcdef") == 64;
}

static gboolean
check (const ExtraFile *file, const GPtrArray *files, GError **error)
{
  if (file->name == NULL || !is_plain_name (file->name))
    return error_throw_code (error, ERROR_REFUSED, "the extra data is refused: \"%s\" is no name of a file",
                             file->name != NULL ? file->name : "");
  if (!is_web_address (file->url))
    return error_throw_code (error, ERROR_REFUSED, "the extra data %s is refused: its address must begin with http:// or https://",
                             file->name);
  if (file->sha256 == NULL || !is_sha256 (file->sha256))
    return error_throw_code (error, ERROR_REFUSED, "the extra data %s is refused: it has no SHA-256 checksum", file->name);
  if (file->size == 0)
    return error_throw_code (error, ERROR_REFUSED, "the extra data %s is refused: it has no size", file->name);
  for (guint i = 0; i < files->len; i++)
    if (strcmp (((const ExtraFile *) files->pdata[i])->name, file->name) == 0)
      return error_throw_code (error, ERROR_REFUSED, "the extra data is refused: \"%s\" is there twice", file->name);
  return files->len < FILES_MAX || error_throw_code (error, ERROR_REFUSED, "the extra data is refused: these are too many files");
}

GPtrArray *
extra_files_new (GKeyFile *metadata, GError **error)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (file_free);
  g_auto (GStrv) keys = g_key_file_get_keys (metadata, EXTRA_DATA_GROUP, NULL, NULL);

  for (char **key = keys; key != NULL && *key != NULL; key++)
    {
      const char *suffix = *key + strlen ("uri");

      if (!g_str_has_prefix (*key, "uri"))
        continue;
      ExtraFile *file = g_new0 (ExtraFile, 1);
      file->url = read_text (metadata, "uri", suffix);
      file->name = read_text (metadata, "name", suffix);
      file->sha256 = read_text (metadata, "checksum", suffix);
      file->size = read_number (metadata, "size", suffix);
      file->installed_size = read_number (metadata, "installed-size", suffix);
      /* Flatpak's default is the end of the address. */
      if (file->name == NULL)
        file->name = g_path_get_basename (file->url);
      if (!check (file, files, error))
        {
          file_free (file);
          return NULL;
        }
      g_ptr_array_add (files, file);
    }
  return g_steal_pointer (&files);
}

gboolean
extra_data_without_runtime (GKeyFile *metadata)
{
  return g_key_file_get_boolean (metadata, EXTRA_DATA_GROUP, "NoRuntime", NULL);
}
