/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/manifest/lint.h"

#include "builder/manifest/fields.h"
#include "builder/manifest/problem.h"

#include <string.h>

static const struct { const char *argument, *what; } broad[] = {
  { "--filesystem=host", "shows all files of the host to the app" },
  { "--filesystem=host-root", "shows all files of the host to the app" },
  { "--filesystem=home", "shows all files of the user to the app, with keys and passwords" },
  { "--filesystem=~", "shows all files of the user to the app, with keys and passwords" },
  { "--device=all", "gives all devices to the app; dri, input, usb and others are given alone" },
  { "--socket=session-bus", "takes the filter away from the session bus, by which programs can be started outside" },
  { "--socket=system-bus", "takes the filter away from the system bus" },
  { "--talk-name=org.freedesktop.Flatpak", "lets the app start programs outside of its sandbox" },
  { "--talk-name=org.freedesktop.systemd1", "lets the app start programs outside of its sandbox" },
  { "--talk-name=*", "opens every name on the session bus" },
  { "--talk-name=org.freedesktop.*", "opens names on the session bus by which programs can be started outside" },
  { "--own-name=org.freedesktop.*", "lets the app stand in for services of the desktop" },
};

/* A place without its mode: ":ro" shows the same files. */
static char *
without_mode (const char *argument)
{
  static const char *const modes[] = { ":ro", ":rw", ":create" };

  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    if (g_str_has_prefix (argument, "--filesystem=") && g_str_has_suffix (argument, modes[i]))
      return g_strndup (argument, strlen (argument) - strlen (modes[i]));
  return g_strdup (argument);
}

static void
lint_permission (const char *argument, ManifestPlace place, GPtrArray *problems)
{
  g_autofree char *plain = without_mode (argument);

  for (gsize i = 0; i < G_N_ELEMENTS (broad); i++)
    if (g_str_equal (plain, broad[i].argument))
      manifest_problem_warning (problems, place, "the permission %s %s", argument, broad[i].what);
}

static void
lint_permissions (const Manifest *manifest, GPtrArray *problems)
{
  for (gsize i = 0; manifest->finish_args != NULL && manifest->finish_args[i] != NULL; i++)
    lint_permission (manifest->finish_args[i], manifest->finish_args_places[i], problems);
  for (guint i = 0; manifest->permissions != NULL && i < manifest->permissions->len; i++)
    for (const Field *field = permission_fields.fields; field->key != NULL; field++)
      {
        const ManifestPermission *entry = g_ptr_array_index (manifest->permissions, i);
        char **value = field->option != NULL ? G_STRUCT_MEMBER (char **, entry, field->offset) : NULL;

        for (; value != NULL && *value != NULL; value++)
          {
            g_autofree char *argument = g_strconcat (field->option, *value, NULL);

            lint_permission (argument, manifest_key_place (entry, field->key), problems);
          }
      }
}

typedef struct
{
  GPtrArray *problems;
  GHashTable *paths;           /* absolute: named by sources */
  GPtrArray *unlicensed;       /* names of modules */
} Lint;

static gboolean
is_plain_http (const char *url)
{
  return url != NULL && g_ascii_strncasecmp (url, "http://", 7) == 0;
}

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

      manifest_problem_warning (lint->problems, manifest_key_place (source, key), "\"%s\": there is no %s", key, quoted);
    }
  g_hash_table_add (lint->paths, g_steal_pointer (&absolute));
}

static void
lint_source (const Lint *lint, const ManifestSource *source)
{
  static const char *const text = "\"%s\": by http, others can see and change what is downloaded%s; use https if the server has it";

  if (is_plain_http (source->url))
    manifest_problem_warning (lint->problems, manifest_key_place (source, "url"), text, "url",
                              source->sha256 != NULL || source->sha512 != NULL || source->commit != NULL
                                ? ", which the digest at least will tell" : "");
  for (char **url = source->mirror_urls; url != NULL && *url != NULL; url++)
    if (is_plain_http (*url))
      manifest_problem_warning (lint->problems, manifest_key_place (source, "mirror-urls"), text, "mirror-urls", "");
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

  if (module->license_files != NULL && *module->license_files != NULL)
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
    manifest_problem_warning (problems, manifest_key_place (manifest, "modules"),
                              "no licence will be found for modules made of downloaded files only: %s; \"license-files\" can name it",
                              list->str);
}

void
manifest_lint (const Manifest *manifest, GPtrArray *problems)
{
  g_autoptr (GHashTable) paths = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) unlicensed = g_ptr_array_new ();
  const Lint lint = { problems, paths, unlicensed };

  lint_permissions (manifest, problems);
  lint_modules (&lint, manifest->modules);
  lint_licences (manifest, unlicensed, problems);
  manifest_lint_files (manifest, paths, problems);
  manifest_problems_sort (problems, g_intern_string (manifest->path));
}
