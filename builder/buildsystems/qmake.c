/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * qmake and make.  The flags are given as a shell line, because qmake does not read them from the environment.
 */
#include "builder/buildsystems/recipe.h"

static gboolean
build (Recipe *recipe, GError **error)
{
  const BuildModule *module = recipe->module;
  GPtrArray *argv;

  if (module->module->builddir)
    recipe_separate_dir (recipe);
  /* "$@" keeps each option one word, whatever it contains; the name behind the line is the shell's $0. */
  argv = recipe_argv ("sh", "-c",
                      "exec qmake \"$@\" \"QMAKE_CFLAGS+=$CFLAGS\" \"QMAKE_CXXFLAGS+=$CXXFLAGS\" "
                      "\"QMAKE_LFLAGS+=$LDFLAGS\"",
                      "qmake", NULL);
  if (module->module->builddir)
    recipe_take (argv, g_strdup (".."));
  recipe_take (argv, g_strconcat ("PREFIX=", module->install_prefix, NULL));
  recipe_append (argv, module->config_opts);
  recipe_run (recipe, "configure", recipe->build_dir, argv);
  recipe_make (recipe, "make");
  return TRUE;
}

static void
install (Recipe *recipe)
{
  recipe_make_install (recipe, "make");
}

const BuildSystem buildsystem_qmake = { "qmake", 1, build, install, "make", "check" };
