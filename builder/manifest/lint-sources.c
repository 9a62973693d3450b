/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/manifest/lint.h"

#include "builder/manifest/problem.h"

#include <string.h>

typedef struct
{
  GPtrArray *problems;
  GHashTable *paths;           /* absolute: named by sources */
  GPtrArray *unlicensed;       /* names of modules */
} Lint;

static void
lint_path (const Lint *lint, const ManifestSource *source, const char *key, const char *path)
{
  g_autofree char *absolute = NULL;

  if (path == NULL)
    return;
  absolute = g_canonicalize_filename (path, source->base_dir);
  if (!g_file_test (absolute, G_FILE_TEST_EXISTS))
    {
      g_autofree char *quoted = manifest_quote (path);

      manifest_problem_warning (lint->problems, manifest_key_place (source, key), "missing-file", "\"%s\": there is no %s", key, quoted);
    }
  g_hash_table_add (lint->paths, g_steal_pointer (&absolute));
}

static const char *
open_scheme (const char *url)
{
  static const char *const schemes[] = { "http://", "svn://", "bzr://" };

  for (gsize i = 0; url != NULL && i < G_N_ELEMENTS (schemes); i++)
    if (g_ascii_strncasecmp (url, schemes[i], strlen (schemes[i])) == 0)
      return schemes[i];
  return NULL;
}

static void
lint_url (const Lint *lint, const ManifestSource *source, const char *key, const char *url)
{
  const char *scheme = open_scheme (url);
  gboolean safe = g_str_equal (key, "url") && (source->sha256 != NULL || source->sha512 != NULL || source->commit != NULL);

  if (scheme != NULL)
    manifest_problem_warning (lint->problems, manifest_key_place (source, key), "plain-http",
                              "\"%s\": by %s others can see and change what is downloaded%s; use https if the server has it", key, scheme,
                              safe ? ", which the digest at least will tell" : "");
}

/* An archive of a branch is another one after the next change. */
static void
lint_moving (const Lint *lint, const ManifestSource *source)
{
  static const char *const parts[] = { "/archive/master.", "/archive/main.", "/archive/refs/heads/", "/archive/HEAD.", "/zipball/master",
                                       "/tarball/master", "/-/archive/master/", "/-/archive/main/" };

  for (gsize i = 0; source->url != NULL && i < G_N_ELEMENTS (parts); i++)
    if (strstr (source->url, parts[i]) != NULL)
      {
        manifest_problem_warning (lint->problems, manifest_key_place (source, "url"), "moving-url",
                                  "\"url\": this is an archive of a branch, which is another one after each change, so its digest won't "
                                  "hold; name a tag or a commit, or use a source of type git");
        return;
      }
}

/* Each name of an architecture that other tools use, and ours. */
static const struct { const char *wrong, *right; } arches[] = {
  { "amd64", "x86_64" }, { "x64", "x86_64" }, { "x86-64", "x86_64" }, { "arm64", "aarch64" }, { "armhf", "arm" },
  { "armv7", "arm" }, { "i686", "i386" }, { "x86", "i386" },
};

static void
lint_arches (GPtrArray *problems, gconstpointer object, const char *key, char *const *names)
{
  for (; names != NULL && *names != NULL; names++)
    for (gsize i = 0; i < G_N_ELEMENTS (arches); i++)
      if (g_ascii_strcasecmp (*names, arches[i].wrong) == 0)
        manifest_problem_warning (problems, manifest_key_place (object, key), "arch-name",
                                  "\"%s\": \"%s\" is what others call \"%s\"; no machine has that name here", key, *names, arches[i].right);
}

static void
lint_source (const Lint *lint, const ManifestSource *source)
{
  lint_url (lint, source, "url", source->url);
  for (char **url = source->mirror_urls; url != NULL && *url != NULL; url++)
    lint_url (lint, source, "mirror-urls", *url);
  lint_moving (lint, source);
  lint_arches (lint->problems, source, "only-arches", source->only_arches);
  lint_arches (lint->problems, source, "skip-arches", source->skip_arches);
  lint_path (lint, source, "path", source->path);
  for (char **path = source->paths; path != NULL && *path != NULL; path++)
    lint_path (lint, source, "paths", *path);
  lint_path (lint, source, "keyring", source->keyring);
}

/* Licences are looked for among sources that are whole trees; a downloaded file has none beside it. */
static gboolean
has_no_licence (const ManifestModule *module)
{
  static const char *const trees[] = { "archive", "git", "svn", "bzr", "dir", "packages", NULL };
  gboolean downloads = FALSE;

  if ((module->license_files != NULL && *module->license_files != NULL) || module->name == NULL)
    return FALSE;
  for (guint i = 0; i < module->sources->len; i++)
    {
      const ManifestSource *source = g_ptr_array_index (module->sources, i);

      if (g_strv_contains (trees, source->type))
        return FALSE;
      downloads = downloads || (source->url != NULL && g_str_equal (source->type, "file"));
    }
  return downloads;
}

static void
lint_modules (const Lint *lint, const GPtrArray *modules)
{
  for (guint i = 0; i < modules->len; i++)
    {
      const ManifestModule *module = g_ptr_array_index (modules, i);

      lint_arches (lint->problems, module, "only-arches", module->only_arches);
      lint_arches (lint->problems, module, "skip-arches", module->skip_arches);
      for (guint j = 0; j < module->sources->len; j++)
        lint_source (lint, g_ptr_array_index (module->sources, j));
      if (has_no_licence (module))
        g_ptr_array_add (lint->unlicensed, module->name);
      lint_modules (lint, module->modules);
    }
}

/* One warning for all: manifests of Python programs have dozens of such modules. */
static void
lint_licences (const Manifest *manifest, const GPtrArray *names, GPtrArray *problems)
{
  g_autoptr (GString) list = g_string_new (NULL);

  for (guint i = 0; i < names->len && i < 5; i++)
    g_string_append_printf (list, "%s%s", i > 0 ? ", " : "", (const char *) names->pdata[i]);
  if (names->len > 5)
    g_string_append_printf (list, " and %u more", names->len - 5);
  if (names->len > 0)
    manifest_problem_warning (problems, manifest_key_place (manifest, "modules"), "licence",
                              "no licence will be found for modules made of downloaded files only: %s; \"license-files\" can name it",
                              list->str);
}

void
manifest_lint_sources (const Manifest *manifest, GHashTable *paths, GPtrArray *problems)
{
  g_autoptr (GPtrArray) unlicensed = g_ptr_array_new ();
  const Lint lint = { problems, paths, unlicensed };

  lint_modules (&lint, manifest->modules);
  lint_licences (manifest, unlicensed, problems);
}
