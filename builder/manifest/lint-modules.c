/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Recipes that cannot do what they seem to be for.
 */
#include "builder/manifest/lint.h"

#include "builder/manifest/problem.h"

#include <string.h>

typedef struct
{
  const Manifest *manifest;
  GPtrArray *problems;
  GHashTable *names;           /* of modules so far -> ManifestModule */
  gboolean broken;             /* the manifest has errors */
  gboolean network;            /* every module may use it */
} Lint;

static gboolean
is_simple (const ManifestModule *module)
{
  return g_strcmp0 (module->buildsystem, "simple") == 0;
}

static gboolean
has_any (char *const *list)
{
  return list != NULL && *list != NULL;
}

/* Every key that a build system does not look at. */
static void
lint_unused_keys (const Lint *lint, const ManifestModule *module)
{
  const char *system = module->buildsystem ?: "autotools";
  const struct { const char *key; gboolean given, autotools, simple; } keys[] = {
    { "config-opts", has_any (module->config_opts), FALSE, FALSE },
    { "make-args", has_any (module->make_args), FALSE, FALSE },
    { "make-install-args", has_any (module->make_install_args), FALSE, FALSE },
    { "install-rule", module->install_rule != NULL, FALSE, FALSE },
    { "no-make-install", module->no_make_install, FALSE, FALSE },
    { "builddir", module->builddir, FALSE, FALSE },
    { "rm-configure", module->rm_configure, TRUE, FALSE },
    { "no-autogen", module->no_autogen, TRUE, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    if (keys[i].given && (is_simple (module) || (keys[i].autotools && !g_str_equal (system, "autotools"))))
      manifest_problem_warning (lint->problems, manifest_key_place (module, keys[i].key), "no-effect",
                                "\"%s\" has no effect with buildsystem %s%s", keys[i].key, system,
                                is_simple (module) ? ", which runs \"build-commands\" and nothing else" : "");
  if (!module->run_tests && has_any (module->test_commands))
    manifest_problem_warning (lint->problems, manifest_key_place (module, "test-commands"), "no-effect",
                              "\"test-commands\" has no effect without \"run-tests\": true");
}

static void
lint_empty (const Lint *lint, const ManifestModule *module)
{
  gboolean commands = has_any (module->build_commands) || has_any (module->post_install);

  /* What could not be read would be missed here. */
  if (module->name == NULL || module->disabled || lint->broken)
    return;
  if (is_simple (module) && !commands && module->modules->len == 0)
    manifest_problem_warning (lint->problems, module->place, "empty-module",
                              "module \"%s\" installs nothing: buildsystem simple runs \"build-commands\", and there are none",
                              module->name);
  else if (!is_simple (module) && module->sources->len == 0 && module->modules->len == 0)
    manifest_problem_warning (lint->problems, module->place, "no-sources",
                              "module \"%s\" has no \"sources\", so %s finds nothing to build", module->name,
                              module->buildsystem ?: "autotools");
}

static void
lint_name (const Lint *lint, const ManifestModule *module)
{
  const ManifestModule *first;

  if (module->name == NULL)
    return;
  first = g_hash_table_lookup (lint->names, module->name);
  if (first == NULL)
    g_hash_table_insert (lint->names, module->name, (gpointer) module);
  else if (first->place.file != module->place.file || first->place.line != module->place.line)
    manifest_problem_warning (lint->problems, module->place, "module-name",
                              "there are two modules \"%s\", the first at %s:%u; messages, caches and \"depends\" go by the name",
                              module->name, first->place.file, first->place.line);
}

/* The words that a command begins with, also behind "&&" and the like. */
static const struct { const char *words, *what; } hopeless[] = {
  { "sudo", "there is no other user in the sandbox of a build, and none is needed" },
  { "apt", "a build has the SDK and cannot install packages into it" },
  { "apt-get", "a build has the SDK and cannot install packages into it" },
  { "dnf", "a build has the SDK and cannot install packages into it" },
  { "flatpak", "a build is in a sandbox, from which none is started" },
};

static const char *const downloads[] = { "wget ", "curl ", "git clone ", "git submodule update", "go get ", NULL };

/* The word at the start of a command of this shell line, after `from`; NULL at its end. */
static const char *
next_command (const char *from)
{
  from = from + strcspn (from, "&|;\n");
  from += strspn (from, "&|; \n\t(");
  return *from != '\0' ? from : NULL;
}

static void
lint_line (const Lint *lint, const ManifestModule *module, const char *key, const char *line, gboolean network)
{
  for (const char *at = line + strspn (line, " \t\n"); at != NULL && *at != '\0'; at = next_command (at))
    {
      gsize length = strcspn (at, " \t\n;&|");

      for (gsize i = 0; i < G_N_ELEMENTS (hopeless); i++)
        if (strlen (hopeless[i].words) == length && strncmp (at, hopeless[i].words, length) == 0)
          manifest_problem_warning (lint->problems, manifest_key_place (module, key), "command", "\"%s\" runs %s: %s", key,
                                    hopeless[i].words, hopeless[i].what);
      for (gsize i = 0; downloads[i] != NULL && !network; i++)
        if (g_str_has_prefix (at, downloads[i]))
          {
            g_autofree char *words = g_strchomp (g_strdup (downloads[i]));

            manifest_problem_warning (lint->problems, manifest_key_place (module, key), "command",
                                      "\"%s\" runs %s: there is no network while commands run; what is needed is one of \"sources\"", key,
                                      words);
          }
    }
}

static void
lint_lines (const Lint *lint, const ManifestModule *module, const char *key, char *const *lines, gboolean network)
{
  for (; lines != NULL && *lines != NULL; lines++)
    lint_line (lint, module, key, *lines, network);
}

static gboolean
is_extension_of (const char *id, const char *suffix)
{
  g_autofree char *plain = g_strndup (id, strcspn (id, "/"));

  return g_str_has_suffix (plain, suffix);
}

/* Whether the manifest asks for an extension whose name ends so. */
static gboolean
has_extension (const Manifest *manifest, const char *suffix)
{
  for (char **id = manifest->sdk_extensions; id != NULL && *id != NULL; id++)
    if (is_extension_of (*id, suffix))
      return TRUE;
  for (guint i = 0; manifest->add_build_extensions != NULL && i < manifest->add_build_extensions->len; i++)
    if (is_extension_of (((const ManifestExtension *) manifest->add_build_extensions->pdata[i])->name, suffix))
      return TRUE;
  /* One that is made here. */
  return manifest->id != NULL && is_extension_of (manifest->id, suffix);
}

/* /usr/lib/sdk/NAME is there when the extension of that name is. */
static void
lint_sdk_path (const Lint *lint, const ManifestBuildOptions *options, const char *key, const char *path)
{
  static const char *const folder = "/usr/lib/sdk/";
  const char *found = path != NULL ? strstr (path, folder) : NULL;
  g_autofree char *name = NULL;
  g_autofree char *suffix = NULL;

  if (found == NULL)
    return;
  found += strlen (folder);
  name = g_strndup (found, strcspn (found, "/:"));
  suffix = g_strconcat (".", name, NULL);
  if (has_extension (lint->manifest, suffix))
    return;
  manifest_problem_warning (lint->problems, manifest_key_place (options, key), "sdk-extension",
                            "\"%s\": %s%s is there only with an extension of the SDK; add it to \"sdk-extensions\", such as "
                            "org.freedesktop.Sdk.Extension.%s", key, folder, name, name);
}

static void
lint_options (const Lint *lint, const ManifestBuildOptions *options)
{
  if (options == NULL)
    return;
  lint_sdk_path (lint, options, "append-path", options->append_path);
  lint_sdk_path (lint, options, "prepend-path", options->prepend_path);
  lint_sdk_path (lint, options, "append-ld-library-path", options->append_ld_library_path);
  lint_sdk_path (lint, options, "prepend-ld-library-path", options->prepend_ld_library_path);
}

static gboolean
has_network (const ManifestBuildOptions *options)
{
  return options != NULL && options->build_args != NULL
         && g_strv_contains ((const char *const *) options->build_args, "--share=network");
}

static void
lint_module (const Lint *lint, const ManifestModule *module)
{
  gboolean network = lint->network || has_network (module->build_options);

  lint_name (lint, module);
  lint_unused_keys (lint, module);
  lint_empty (lint, module);
  lint_lines (lint, module, "build-commands", module->build_commands, network);
  lint_lines (lint, module, "post-install", module->post_install, network);
  lint_options (lint, module->build_options);
  for (guint i = 0; i < module->sources->len; i++)
    {
      const ManifestSource *source = g_ptr_array_index (module->sources, i);

      /* A script is run by who knows whom, and shell by us. */
      if (g_str_equal (source->type, "shell"))
        for (char **line = source->commands; line != NULL && *line != NULL; line++)
          lint_line (lint, module, "sources", *line, FALSE);
    }
}

static void
lint_modules (const Lint *lint, const GPtrArray *modules)
{
  for (guint i = 0; i < modules->len; i++)
    {
      const ManifestModule *module = g_ptr_array_index (modules, i);

      lint_module (lint, module);
      lint_modules (lint, module->modules);
    }
}

void
manifest_lint_modules (const Manifest *manifest, GPtrArray *problems)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);
  const Lint lint = { manifest, problems, names, manifest_problems_have_error (problems), has_network (manifest->build_options) };

  lint_options (&lint, manifest->build_options);
  lint_modules (&lint, manifest->modules);
}
