/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ./configure && make && make install.
 *
 * Where there is no configure script, the project's script that makes one is run first; with "no-autogen" there is
 * nothing to configure then, and make does the whole work.
 */
#include "builder/buildsystems/recipe.h"

#include "base/error.h"
#include "base/file.h"

#include <string.h>

/* A script that says so wants to be run from another folder. */
#define SEPARATE_MARKER "buildapi-variable-require-builddir"
#define SCRIPT_MAX (16 * 1024 * 1024)

static gboolean
wants_separate_dir (const Recipe *recipe)
{
  g_autofree char *script = NULL;

  if (recipe->module->module->builddir)
    return TRUE;
  /* What can't be read here is told by the sandbox, when the script is run. */
  if (recipe->look_fd >= 0)
    {
      autofd fd = file_open_beneath (recipe->look_fd, "configure", O_RDONLY | O_NONBLOCK, 0, NULL);

      script = fd >= 0 ? file_read_fd (fd, "configure", SCRIPT_MAX, NULL, NULL) : NULL;
    }
  return script != NULL && strstr (script, SEPARATE_MARKER) != NULL;
}

static gboolean
add_autogen (Recipe *recipe, GError **error)
{
  static const char *const scripts[] = { "autogen", "autogen.sh", "bootstrap", "bootstrap.sh" };

  for (gsize i = 0; i < G_N_ELEMENTS (scripts); i++)
    if (recipe_has (recipe, scripts[i]))
      {
        g_autofree char *path = g_strconcat ("./", scripts[i], NULL);

        recipe_run (recipe, "autogen", recipe->source_dir, recipe_argv ("env", "NOCONFIGURE=1", path, NULL));
        return TRUE;
      }
  return error_throw_code (error, ERROR_NOT_FOUND,
                           "there is no configure script in its sources, and no autogen.sh or bootstrap that makes one; "
                           "\"no-autogen: true\" goes straight to make, or is \"buildsystem\" or \"subdir\" missing?");
}

static void
add_configure (Recipe *recipe)
{
  const BuildModule *module = recipe->module;
  gboolean separate = wants_separate_dir (recipe);
  GPtrArray *argv;

  if (separate)
    recipe_separate_dir (recipe);
  argv = recipe_argv (separate ? "../configure" : "./configure", NULL);
  recipe_take (argv, g_strconcat ("--prefix=", module->install_prefix, NULL));
  if (module->libdir != NULL)
    recipe_take (argv, g_strconcat ("--libdir=", module->libdir, NULL));
  recipe_append (argv, module->config_opts);
  recipe_run (recipe, "configure", recipe->build_dir, argv);
}

static gboolean
build (Recipe *recipe, GError **error)
{
  const ManifestModule *module = recipe->module->module;
  gboolean has_configure = recipe_has (recipe, "configure");

  if (has_configure && module->rm_configure)
    {
      recipe_run (recipe, "prepare", recipe->source_dir, recipe_argv ("rm", "-f", "configure", NULL));
      has_configure = FALSE;
    }
  if (!has_configure && !module->no_autogen && !add_autogen (recipe, error))
    return FALSE;
  if (has_configure || !module->no_autogen)
    add_configure (recipe);
  recipe_make (recipe, "make");
  return TRUE;
}

static void
install (Recipe *recipe)
{
  recipe_make_install (recipe, "make");
}

const BuildSystem buildsystem_autotools = { "autotools", 1, build, install, "make", "check" };
