/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/sources/packages/package.h"

#include <string.h>

#include "base/error.h"
#include "builder/sources/treewriter.h"

#define PACKAGE_WORD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.~_:^"

static gboolean
package_is_word (const char *text)
{
  return text != NULL && text[0] != '\0' && text[0] != '-' && text[0] != '.' && strlen (text) < 200
         && text[strspn (text, PACKAGE_WORD)] == '\0';
}

static gboolean
package_is_path (const char *path)
{
  g_autofree char *clean = NULL;

  return path != NULL && path[strspn (path, PACKAGE_WORD "/%")] == '\0'
         && tree_path_clean (path, 0, &clean, NULL) && g_strcmp0 (clean, path) == 0;
}

Package *
package_new (const char *name, const char *version, const char *arch, const char *path, const char *sha256,
             guint64 size, GError **error)
{
  Package *package = NULL;
  const char *wrong = NULL;

  if (!package_is_word (name))
    wrong = "name";
  else if (!package_is_word (version))
    wrong = "version";
  else if (!package_is_word (arch))
    wrong = "architecture";
  else if (!package_is_path (path))
    wrong = "path";
  else if (sha256 == NULL || strlen (sha256) != 64 || strspn (sha256, "0123456789abcdef") != 64)
    wrong = "sha256";
  else if (size == 0)
    wrong = "size";
  if (wrong != NULL)
    {
      error_throw_code (error, ERROR_REFUSED, "The package \"%s\" has no %s that could be used", name != NULL ? name : "",
                        wrong);
      return NULL;
    }
  package = g_new0 (Package, 1);
  package->name = g_strdup (name);
  package->version = g_strdup (version);
  package->arch = g_strdup (arch);
  package->path = g_strdup (path);
  package->sha256 = g_strdup (sha256);
  package->size = size;
  return package;
}

Package *
package_parse (const char *line, GError **error)
{
  g_auto (GStrv) words = g_strsplit (line, " ", 7);
  guint64 size = 0;

  if (g_strv_length (words) != 6 || !g_ascii_string_to_unsigned (words[3], 10, 1, G_MAXINT64, &size, NULL))
    {
      error_throw_code (error, ERROR_REFUSED, "\"%s\" is no NAME VERSION ARCHITECTURE SIZE SHA256 PATH", line);
      return NULL;
    }
  return package_new (words[0], words[1], words[2], words[5], words[4], size, error);
}

char *
package_line (const char *name, const char *version, const char *arch, guint64 size, const char *sha256, const char *path)
{
  return g_strdup_printf ("%s %s %s %" G_GUINT64_FORMAT " %s %s", name, version, arch, size, sha256, path);
}

void
package_free (Package *package)
{
  g_free (package->name);
  g_free (package->version);
  g_free (package->arch);
  g_free (package->path);
  g_free (package->sha256);
  g_free (package);
}

GPtrArray *
packages_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) package_free);
}

static int
package_compare (gconstpointer a, gconstpointer b)
{
  const Package *one = *(const Package *const *) a;
  const Package *two = *(const Package *const *) b;
  int order = strcmp (one->name, two->name);

  if (order == 0)
    order = strcmp (one->arch, two->arch);
  return order != 0 ? order : strcmp (one->version, two->version);
}

void
packages_sort (GPtrArray *packages)
{
  g_ptr_array_sort (packages, package_compare);
}
