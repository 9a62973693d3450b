/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Meson and ninja; always in a folder of its own.
 */
#include "builder/buildsystems/recipe.h"

static gboolean
build (Recipe *recipe, GError **error)
{
  const BuildModule *module = recipe->module;
  GPtrArray *argv;

  if (!recipe_need (recipe, "meson.build", error))
    return FALSE;
  recipe_separate_dir (recipe);
  argv = recipe_argv ("meson", "setup", NULL);
  /* Without network a download can only fail, late and with a poor message. */
  if (!module->network)
    recipe_take (argv, g_strdup ("--wrap-mode=nodownload"));
  recipe_take (argv, g_strconcat ("--prefix=", module->install_prefix, NULL));
  recipe_take (argv, module->libdir != NULL ? g_strconcat ("--libdir=", module->libdir, NULL)
                                            : g_strconcat ("--libdir=", module->install_prefix, "/lib", NULL));
  recipe_take (argv, g_strdup (".."));
  recipe_append (argv, module->config_opts);
  recipe_run (recipe, "configure", recipe->build_dir, argv);
  recipe_make (recipe, "ninja");
  return TRUE;
}

static void
install (Recipe *recipe)
{
  recipe_make_install (recipe, "ninja");
}

const BuildSystem buildsystem_meson = { "meson", 1, build, install, "ninja", "test" };
