/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/sbom-licences.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "builder/licence-debian.h"
#include "builder/licence-text.h"
#include "builder/tree/walk.h"

#define LICENCE_MAX (256u << 10)
#define COPYRIGHT_MAX (2u << 20)
#define ALL_MAX (4u << 20)

typedef struct
{
  char *id;                /* "LicenseRef-1" */
  char *name;              /* MODULE/FILE, or what Debian calls it */
  char *text;
} Licence;

struct SbomLicences
{
  GPtrArray *all;          /* Licence */
  GHashTable *by_text;     /* of packages, which often have the same: name, line feed, text -> Licence */
  gsize bytes;
};

static void
licence_free (gpointer data)
{
  Licence *licence = data;

  g_free (licence->id);
  g_free (licence->name);
  g_free (licence->text);
  g_free (licence);
}

SbomLicences *
sbom_licences_new (void)
{
  SbomLicences *licences = g_new0 (SbomLicences, 1);

  licences->all = g_ptr_array_new_with_free_func (licence_free);
  licences->by_text = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return licences;
}

void
sbom_licences_free (SbomLicences *licences)
{
  if (licences == NULL)
    return;
  g_ptr_array_unref (licences->all);
  g_hash_table_unref (licences->by_text);
  g_free (licences);
}

/* Takes the name.  NULL: that would be too much. */
static const Licence *
add_licence (SbomLicences *licences, char *name, const char *text)
{
  gsize length = strlen (text);

  if (licences->bytes + length > ALL_MAX)
    {
      g_free (name);
      return NULL;
    }
  licences->bytes += length;
  Licence *licence = g_new (Licence, 1);
  licence->id = g_strdup_printf ("LicenseRef-%u", licences->all->len + 1);
  licence->name = name;
  licence->text = g_utf8_make_valid (text, (gssize) length);
  g_ptr_array_add (licences->all, licence);
  return licence;
}

typedef struct
{
  SbomLicences *licences;
  const char *module;
  GString *expression;
} Search;

/* Once each: a licence often lies in several places. */
static void
add_to_expression (Search *search, const char *id)
{
  g_auto (GStrv) ids = g_strsplit (search->expression->str, " AND ", -1);

  if (!g_strv_contains ((const char *const *) ids, id))
    g_string_append_printf (search->expression, "%s%s", search->expression->len > 0 ? " AND " : "", id);
}

static gboolean
add_file (const TreeEntry *entry, gpointer data, GError **error)
{
  Search *search = data;
  g_autofree char *text = S_ISREG (entry->st.st_mode) ? file_read_beneath (entry->parent_fd, entry->name, LICENCE_MAX, NULL, NULL)
                                                      : NULL;

  if (text == NULL || *text == '\0')
    return TRUE;
  const char *known = licence_recognise (text);
  const Licence *own = known == NULL ? add_licence (search->licences, g_build_filename (search->module, entry->path, NULL), text) : NULL;
  if (known != NULL || own != NULL)
    add_to_expression (search, known != NULL ? known : own->id);
  return TRUE;
}

char *
sbom_licences_of_module (SbomLicences *licences, const char *id, const char *module, int files_fd, GError **error)
{
  g_autofree char *path = g_build_filename ("share/licenses", id, module, NULL);
  autofd dir = file_open_beneath (files_fd, path, O_RDONLY | O_DIRECTORY, 0, NULL);
  Search search = { licences, module, g_string_new (NULL) };
  gboolean ok = dir < 0 || tree_walk (dir, FALSE, add_file, &search, error);

  return g_string_free (search.expression, !ok || search.expression->len == 0);
}

static char *
reference (const char *name, const char *text, gpointer data)
{
  SbomLicences *licences = data;
  g_autofree char *key = g_strconcat (name, "\n", text, NULL);
  const Licence *licence = g_hash_table_lookup (licences->by_text, key);

  if (licence == NULL)
    {
      licence = add_licence (licences, g_strdup (name), text);
      if (licence == NULL)
        return NULL;
      g_hash_table_insert (licences->by_text, g_steal_pointer (&key), (gpointer) licence);
    }
  return g_strdup (licence->id);
}

/* A package may have a link in the place of its folder, to that of another one of the same source. */
static char *
read_copyright (int files_fd, const char *name, char **ret_path)
{
  autofd docs = file_open_beneath (files_fd, "share/doc", O_RDONLY | O_DIRECTORY, 0, NULL);
  char target[256] = "";
  ssize_t length = docs >= 0 ? readlinkat (docs, name, target, sizeof target - 1) : -1;
  const char *folder = length > 0 && strchr (target, '/') == NULL ? target : name;
  g_autofree char *path = g_build_filename (folder, "copyright", NULL);

  *ret_path = g_build_filename ("share/doc", path, NULL);
  return docs >= 0 ? file_read_beneath (docs, path, COPYRIGHT_MAX, NULL, NULL) : NULL;
}

char *
sbom_licences_of_package (SbomLicences *licences, const char *name, int files_fd, char **ret_comment)
{
  g_autofree char *path = NULL;
  g_autofree char *read = read_copyright (files_fd, name, &path);
  g_autofree char *text = read != NULL ? g_utf8_make_valid (read, -1) : NULL;
  char *expression = text != NULL ? licence_of_copyright (text, reference, licences) : NULL;

  if (expression != NULL)
    *ret_comment = g_strdup_printf ("As Debian states it of the source package, in %s.", path);
  else if (text != NULL)
    *ret_comment = g_strdup_printf ("They stand in %s, for people to read.", path);
  else
    *ret_comment = g_strdup ("The package has left no copyright file.");
  return expression;
}

void
sbom_licences_write (const SbomLicences *licences, JsonBuilder *json)
{
  json_builder_set_member_name (json, "hasExtractedLicensingInfos");
  json_builder_begin_array (json);
  for (guint i = 0; i < licences->all->len; i++)
    {
      const Licence *licence = licences->all->pdata[i];

      json_builder_begin_object (json);
      json_add_string (json, "licenseId", licence->id);
      json_add_string (json, "name", licence->name);
      json_add_string (json, "extractedText", licence->text);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
}
