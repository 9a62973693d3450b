/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * .gitmodules is text of a stranger that has been the way into many a git client: addresses that are options, paths that
 * lead into .git, names with "..".  Here only a path and an address are taken from it.  A path counts when the commit's own
 * tree has a submodule exactly there; an address when it is a plain http or https one.  The name of a submodule is not used
 * for anything, and git itself never sees the submodule.
 */
#include "builder/sources/git/modules.h"

#include <string.h>

#include "base/error.h"
#include "builder/sources/http.h"
#include "builder/sources/treewriter.h"

#define MODULES_FILE_MAX (512 * 1024)
#define MODULES_MAX 500
#define PATTERN "^submodule\\..*\\.(path|url|update)$"

static void
module_free (GitModule *module)
{
  g_free (module->path);
  g_free (module->url);
  g_free (module->commit);
  g_free (module);
}

/* Characters that HFS+ takes no notice of when it compares names: U+200C to U+200F, U+202A to U+202E, U+206A to U+206F and
 * U+FEFF.  NTFS knows ".git" also as "git~1", with blanks and dots behind it, and with ":" and a stream's name. */
static gboolean
is_special_part (const char *part)
{
  g_autoptr (GString) plain = g_string_new (NULL);
  g_autofree char *valid = g_utf8_make_valid (part, -1);

  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (c == ':' || c == '\\')
        break;
      if ((c >= 0x200c && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) || (c >= 0x206a && c <= 0x206f) || c == 0xfeff)
        continue;
      g_string_append_unichar (plain, c);
    }
  while (plain->len > 0 && strchr (". ", plain->str[plain->len - 1]) != NULL)
    g_string_truncate (plain, plain->len - 1);
  return g_ascii_strcasecmp (plain->str, ".git") == 0 || g_ascii_strcasecmp (plain->str, "git~1") == 0;
}

gboolean
git_path_is_special (const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);

  for (gsize i = 0; parts[i] != NULL; i++)
    if (is_special_part (parts[i]))
      return TRUE;
  return FALSE;
}

char *
git_module_url (const char *parent, const char *url, GError **error)
{
  const char *rest = url;
  g_autofree char *whole = NULL;
  g_autofree char *base = g_strdup (parent);
  gsize host = strstr (base, "://") != NULL ? (gsize) (strstr (base, "://") + 3 - base) : 0;

  if (g_str_has_prefix (url, "./") || g_str_has_prefix (url, "../"))
    {
      while (strlen (base) > host && g_str_has_suffix (base, "/"))
        base[strlen (base) - 1] = '\0';
      for (;;)
        {
          char *slash = strrchr (base + host, '/');

          if (g_str_has_prefix (rest, "./"))
            rest += 2;
          else if (g_str_has_prefix (rest, "../") && slash != NULL)
            {
              rest += 3;
              *slash = '\0';
            }
          else
            break;
        }
      whole = g_strconcat (base, "/", rest, NULL);
    }
  else
    whole = g_strdup (url);
  if (strstr (whole, "/../") != NULL || g_str_has_suffix (whole, "/.."))
    {
      error_throw_code (error, ERROR_REFUSED, "The address \"%s\" of a submodule leads out of %s", url, parent);
      return NULL;
    }
  /* Only beside a repository that the manifest itself took from the disk. */
  if (g_str_has_prefix (parent, "file://") && rest != url && g_str_has_prefix (whole, "file://"))
    return g_steal_pointer (&whole);
  if (!http_url_check (whole, error))
    {
      error_prefix (error, "A submodule of %s", parent);
      return NULL;
    }
  return g_steal_pointer (&whole);
}

/* What the tree has at the path: "MODE TYPE ID" split up, or NULL when nothing. */
static gboolean
tree_entry (const GitMirror *mirror, const char *commit, const char *path, char ***ret_words, GError **error)
{
  const char *const args[] = { "ls-tree", "--full-tree", "-l", commit, "--", path, NULL };
  GitPlace place = git_mirror_place (mirror, GIT_NO_TRANSPORT);
  g_autofree char *output = NULL;
  g_auto (GStrv) raw = NULL;
  g_autoptr (GPtrArray) words = g_ptr_array_new ();

  if (!git_run (&place, args, &output, error))
    return FALSE;
  output[strcspn (output, "\t\n")] = '\0';
  raw = g_strsplit (output, " ", -1);
  for (gsize i = 0; raw[i] != NULL; i++)
    if (raw[i][0] != '\0')
      g_ptr_array_add (words, g_strdup (raw[i]));
  g_ptr_array_add (words, NULL);
  *ret_words = (char **) g_ptr_array_free (g_steal_pointer (&words), FALSE);
  if (g_strv_length (*ret_words) < 4)
    g_clear_pointer (ret_words, g_strfreev);
  return TRUE;
}

typedef struct
{
  char *path, *url, *update;
} Section;

static void
section_free (Section *section)
{
  g_free (section->path);
  g_free (section->url);
  g_free (section->update);
  g_free (section);
}

/* "submodule.NAME.path VALUE" lines.  A value with a line break makes lines of its own, which are as (un)trusted. */
static GHashTable *
parse_sections (const char *text)
{
  GHashTable *sections = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) section_free);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (gsize i = 0; lines[i] != NULL; i++)
    {
      char *value = strchr (lines[i], ' ');
      char *key = NULL;
      Section *section = NULL;
      char **member = NULL;

      /* Names may have blanks: the key ends before the last ".path ", ".url " or ".update ". */
      for (; value != NULL; value = strchr (value + 1, ' '))
        {
          *value = '\0';
          key = strrchr (lines[i], '.');
          if (key != NULL && (!strcmp (key, ".path") || !strcmp (key, ".url") || !strcmp (key, ".update")))
            break;
          *value = ' ';
        }
      if (value == NULL)
        continue;
      *key++ = '\0';
      section = g_hash_table_lookup (sections, lines[i]);
      if (section == NULL)
        {
          section = g_new0 (Section, 1);
          g_hash_table_insert (sections, g_strdup (lines[i]), section);
        }
      member = !strcmp (key, "path") ? &section->path : !strcmp (key, "url") ? &section->url : &section->update;
      g_free (*member);
      *member = g_strdup (value + 1);
    }
  return sections;
}

static gboolean
add_module (const GitMirror *mirror, const char *commit, const Section *section, GPtrArray *modules, GError **error)
{
  g_autofree char *path = NULL;
  g_auto (GStrv) entry = NULL;
  GitModule *module = NULL;
  char *url = NULL;

  if (section->path == NULL || g_strcmp0 (section->update, "none") == 0)
    return TRUE;
  if (!tree_path_clean (section->path, 0, &path, error) || path == NULL || git_path_is_special (path))
    {
      if (error == NULL || *error == NULL)
        error_throw_code (error, ERROR_REFUSED, "\"%s\" cannot be the place of a submodule", section->path);
      return error_prefix (error, "A submodule of %s", mirror->url);
    }
  if (!tree_entry (mirror, commit, path, &entry, error))
    return FALSE;
  if (entry == NULL || strcmp (entry[0], "160000") != 0)
    return TRUE;
  if (section->url == NULL)
    return error_throw (error, "The submodule %s of %s has no address", path, mirror->url);
  url = git_module_url (mirror->url, section->url, error);
  if (url == NULL)
    return FALSE;
  module = g_new0 (GitModule, 1);
  module->path = g_steal_pointer (&path);
  module->url = url;
  module->commit = g_strdup (entry[2]);
  g_ptr_array_add (modules, module);
  return TRUE;
}

static int
compare_paths (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(const GitModule *const *) a)->path, (*(const GitModule *const *) b)->path);
}

GPtrArray *
git_modules_read (const GitMirror *mirror, const char *commit, GError **error)
{
  g_autoptr (GPtrArray) modules = g_ptr_array_new_with_free_func ((GDestroyNotify) module_free);
  g_autoptr (GHashTable) sections = NULL;
  g_autofree char *blob = g_strconcat ("--blob=", commit, ":.gitmodules", NULL);
  const char *const args[] = { "config", blob, "--get-regexp", PATTERN, NULL };
  GitPlace place = git_mirror_place (mirror, GIT_NO_TRANSPORT);
  g_autofree char *output = NULL;
  g_autofree char *errors = NULL;
  g_auto (GStrv) entry = NULL;
  GHashTableIter iter;
  gpointer section = NULL;
  int status = 0;

  if (!tree_entry (mirror, commit, ".gitmodules", &entry, error))
    return NULL;
  if (entry == NULL)
    return g_steal_pointer (&modules);
  /* A link would be read as if its target were the content. */
  if (!g_str_has_prefix (entry[0], "100") || g_ascii_strtoull (entry[3], NULL, 10) > MODULES_FILE_MAX)
    {
      error_throw_code (error, ERROR_REFUSED, "The .gitmodules of %s is not a file of usual size", mirror->url);
      return NULL;
    }
  if (!git_try (&place, args, &status, &output, &errors, error))
    return NULL;
  if (status > 1)
    {
      error_throw (error, "The .gitmodules of %s cannot be read: %s", mirror->url, g_strchomp (errors));
      return NULL;
    }
  sections = parse_sections (output);
  if (g_hash_table_size (sections) > MODULES_MAX)
    {
      error_throw_code (error, ERROR_REFUSED, "%s has more than %d submodules", mirror->url, MODULES_MAX);
      return NULL;
    }
  g_hash_table_iter_init (&iter, sections);
  while (g_hash_table_iter_next (&iter, NULL, &section))
    if (!add_module (mirror, commit, section, modules, error))
      return NULL;
  g_ptr_array_sort (modules, compare_paths);
  return g_steal_pointer (&modules);
}
