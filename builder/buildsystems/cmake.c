/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * CMake, which writes files for make or for ninja; always in a folder of its own.
 */
#include "builder/buildsystems/recipe.h"

static gboolean
configure (Recipe *recipe, const char *generator, GError **error)
{
  const BuildModule *module = recipe->module;
  GPtrArray *argv;

  if (!recipe_need (recipe, "CMakeLists.txt", error))
    return FALSE;
  recipe_separate_dir (recipe);
  argv = recipe_argv ("cmake", NULL);
  recipe_take (argv, g_strconcat ("-DCMAKE_INSTALL_PREFIX:PATH=", module->install_prefix, NULL));
  recipe_take (argv, g_strconcat ("-DCMAKE_INSTALL_LIBDIR:PATH=", module->libdir ?: "lib", NULL));
  recipe_take (argv, g_strdup ("-G"));
  recipe_take (argv, g_strdup (generator));
  recipe_take (argv, g_strdup (".."));
  recipe_append (argv, module->config_opts);
  recipe_run (recipe, "configure", recipe->build_dir, argv);
  return TRUE;
}

static gboolean
build_make (Recipe *recipe, GError **error)
{
  if (!configure (recipe, "Unix Makefiles", error))
    return FALSE;
  recipe_make (recipe, "make");
  return TRUE;
}

static void
install_make (Recipe *recipe)
{
  recipe_make_install (recipe, "make");
}

static gboolean
build_ninja (Recipe *recipe, GError **error)
{
  if (!configure (recipe, "Ninja", error))
    return FALSE;
  recipe_make (recipe, "ninja");
  return TRUE;
}

static void
install_ninja (Recipe *recipe)
{
  recipe_make_install (recipe, "ninja");
}

const BuildSystem buildsystem_cmake = { "cmake", 1, build_make, install_make, "make", "test" };
const BuildSystem buildsystem_cmake_ninja = { "cmake-ninja", 1, build_ninja, install_ninja, "ninja", "test" };
