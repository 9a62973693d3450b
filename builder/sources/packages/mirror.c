/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/sources/packages/mirror.h"

#include <dirent.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/sources/http.h"
#include "builder/sources/source.h"

#define MIRROR_MAX_CONFIG (1024 * 1024)

typedef struct
{
  const char *suite;
  const char *const *components;
  char *found;
  char *second_best;          /* for a NULL suite: an entry of an additional archive */
} MirrorSearch;

static gboolean
mirror_contains (char **words, const char *word)
{
  return words != NULL && g_strv_contains ((const char *const *) words, word);
}

static char *
mirror_without_slash (const char *url)
{
  char *clean = g_strdup (url);

  while (g_str_has_suffix (clean, "/"))
    clean[strlen (clean) - 1] = '\0';
  return clean;
}

/* One address with its suites and components. */
static void
mirror_consider (MirrorSearch *search, const char *url, char **suites, char **components)
{
  gboolean main_archive = FALSE;

  if (search->found != NULL || !http_url_check (url, NULL))
    return;
  for (gsize i = 0; search->components != NULL && search->components[i] != NULL; i++)
    if (!mirror_contains (components, search->components[i]))
      return;
  if (search->suite != NULL)
    {
      if (mirror_contains (suites, search->suite))
        search->found = mirror_without_slash (url);
      return;
    }
  for (gsize i = 0; suites != NULL && suites[i] != NULL; i++)
    main_archive = main_archive || strpbrk (suites[i], "-/") == NULL;
  if (main_archive)
    search->found = mirror_without_slash (url);
  else if (search->second_best == NULL)
    search->second_best = mirror_without_slash (url);
}

char **
mirror_words (const char *text)
{
  g_auto (GStrv) raw = g_strsplit_set (text != NULL ? text : "", " \t\r\n", -1);
  g_autoptr (GPtrArray) words = g_ptr_array_new ();

  for (gsize i = 0; raw[i] != NULL; i++)
    if (raw[i][0] != '\0')
      g_ptr_array_add (words, g_strdup (raw[i]));
  g_ptr_array_add (words, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&words), FALSE);
}

/* "deb [options] URI SUITE COMPONENT..." */
static void
mirror_read_list (MirrorSearch *search, const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (gsize i = 0; lines[i] != NULL; i++)
    {
      char *line = lines[i];
      g_auto (GStrv) words = NULL;
      char *suites[2] = { NULL, NULL };

      line[strcspn (line, "#")] = '\0';
      g_strstrip (line);
      if (!g_str_has_prefix (line, "deb ") && !g_str_has_prefix (line, "deb\t"))
        continue;
      line += 4;
      line += strspn (line, " \t");
      if (line[0] == '[' && strchr (line, ']') != NULL)
        line = strchr (line, ']') + 1;
      words = mirror_words (line);
      if (g_strv_length (words) < 2)
        continue;
      suites[0] = words[1];
      mirror_consider (search, words[0], suites, words + 2);
    }
}

static void
mirror_take_stanza (MirrorSearch *search, GHashTable *fields)
{
  g_auto (GStrv) types = mirror_words (g_hash_table_lookup (fields, "types"));
  g_auto (GStrv) urls = mirror_words (g_hash_table_lookup (fields, "uris"));
  g_auto (GStrv) suites = mirror_words (g_hash_table_lookup (fields, "suites"));
  g_auto (GStrv) components = mirror_words (g_hash_table_lookup (fields, "components"));
  const char *enabled = g_hash_table_lookup (fields, "enabled");

  if (!mirror_contains (types, "deb")
      || (enabled != NULL && (g_ascii_strcasecmp (enabled, "no") == 0 || g_ascii_strcasecmp (enabled, "false") == 0)))
    return;
  for (gsize i = 0; urls[i] != NULL; i++)
    mirror_consider (search, urls[i], suites, components);
}

/* Stanzas of "Field: value" with continuation lines; lines that begin with # are comments everywhere. */
static void
mirror_read_stanzas (MirrorSearch *search, const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autoptr (GHashTable) fields = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autofree char *last = NULL;

  for (gsize i = 0; lines[i] != NULL; i++)
    {
      char *line = lines[i];
      char *colon = strchr (line, ':');

      if (line[0] == '#')
        continue;
      if (line[strspn (line, " \t\r")] == '\0')
        {
          mirror_take_stanza (search, fields);
          g_hash_table_remove_all (fields);
          g_clear_pointer (&last, g_free);
        }
      else if (line[0] == ' ' || line[0] == '\t')
        {
          const char *before = last != NULL ? g_hash_table_lookup (fields, last) : NULL;

          if (before != NULL)
            g_hash_table_insert (fields, g_strdup (last), g_strconcat (before, " ", g_strstrip (line), NULL));
        }
      else if (colon != NULL)
        {
          g_free (last);
          last = g_ascii_strdown (line, colon - line);
          g_hash_table_insert (fields, g_strdup (last), g_strdup (g_strstrip (colon + 1)));
        }
    }
  mirror_take_stanza (search, fields);
}

static int
mirror_compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static GPtrArray *
mirror_parts (int parts_fd)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  int copy = openat (parts_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *dir = copy >= 0 ? fdopendir (copy) : NULL;
  struct dirent *entry = NULL;

  while (dir != NULL && (entry = readdir (dir)) != NULL)
    g_ptr_array_add (names, g_strdup (entry->d_name));
  if (dir != NULL)
    closedir (dir);
  else
    file_close_fd (&copy);
  g_ptr_array_sort (names, mirror_compare_names);
  return g_steal_pointer (&names);
}

char *
mirror_of_apt (int apt_fd, const char *suite, const char *const *components)
{
  MirrorSearch search = { suite, components, NULL, NULL };
  g_autofree char *text = file_read (apt_fd, "sources.list", MIRROR_MAX_CONFIG, NULL, NULL);
  autofd parts_fd = openat (apt_fd, "sources.list.d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_autoptr (GPtrArray) names = NULL;

  if (text != NULL)
    mirror_read_list (&search, text);
  if (parts_fd >= 0)
    names = mirror_parts (parts_fd);
  for (guint i = 0; names != NULL && i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      g_autofree char *part = NULL;

      if (!g_str_has_suffix (name, ".list") && !g_str_has_suffix (name, ".sources"))
        continue;
      part = file_read (parts_fd, name, MIRROR_MAX_CONFIG, NULL, NULL);
      if (part != NULL && g_str_has_suffix (name, ".list"))
        mirror_read_list (&search, part);
      else if (part != NULL)
        mirror_read_stanzas (&search, part);
    }
  if (search.found == NULL)
    return search.second_best;
  g_free (search.second_best);
  return search.found;
}

char *
source_mirror (const ManifestSource *source, const SourceContext *context, GError **error)
{
  const char *given[] = { context->mirror, source->mirror, context->manifest_mirror };
  g_auto (GStrv) suites = mirror_words (source->suite);
  autofd apt_fd = -1;
  char *found = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (given); i++)
    if (given[i] != NULL && given[i][0] != '\0')
      {
        if (!http_url_check (given[i], error))
          {
            error_prefix (error, "The package mirror cannot be used");
            return NULL;
          }
        return mirror_without_slash (given[i]);
      }
  apt_fd = open ("/etc/apt", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (apt_fd >= 0)
    found = mirror_of_apt (apt_fd, suites[0], (const char *const *) source->components);
  if (found == NULL)
    error_throw (error, "No package mirror is known%s%s, and this host is not configured with one. Give one by "
                 "--mirror URL, by the variable NACELLE_MIRROR, or by mirror: in the manifest (the URL of the directory "
                 "that contains dists/ and pool/)", suites[0] != NULL ? " for " : "", suites[0] != NULL ? suites[0] : "");
  return found;
}
