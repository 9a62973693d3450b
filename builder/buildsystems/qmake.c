/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * qmake and make.  The flags are given as a shell line, because qmake does not read them from the environment.
 */
#include "builder/buildsystems/recipe.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"

/* The better of two project files: the one that is named like the module, else the first. */
static gboolean
is_better (const char *name, const char *other, const char *wanted)
{
  return strcmp (other, wanted) != 0 && (strcmp (name, wanted) == 0 || strcmp (name, other) < 0);
}

/* *ret_project: the file to name, NULL when there is only one, which qmake finds itself. */
static gboolean
find_project (const Recipe *recipe, char **ret_project, GError **error)
{
  g_autofree char *wanted = g_strconcat (recipe->module->name, ".pro", NULL);
  g_autofree char *best = NULL;
  guint count = 0;
  DIR *dir;

  *ret_project = NULL;
  if (recipe->look_fd < 0)
    return TRUE;
  int fd = file_open (recipe->look_fd, ".", O_RDONLY | O_DIRECTORY, 0, error);
  if (fd < 0)
    return FALSE;
  dir = fdopendir (fd);
  if (dir == NULL)
    {
      int saved_errno = errno;

      file_close_fd (&fd);
      return error_throw_errno (error, saved_errno, "cannot list its sources");
    }
  for (struct dirent *entry = readdir (dir); entry != NULL; entry = readdir (dir))
    if (g_str_has_suffix (entry->d_name, ".pro") && recipe_has (recipe, entry->d_name))
      {
        count++;
        if (best == NULL || is_better (entry->d_name, best, wanted))
          {
            g_free (best);
            best = g_strdup (entry->d_name);
          }
      }
  closedir (dir);
  if (count == 0)
    return error_throw_code (error, ERROR_NOT_FOUND,
                             "there is no project file (*.pro) in its sources; is \"buildsystem\" right, or is \"subdir\" missing?");
  if (count > 1)
    *ret_project = g_steal_pointer (&best);
  return TRUE;
}

static gboolean
build (Recipe *recipe, GError **error)
{
  const BuildModule *module = recipe->module;
  g_autofree char *project = NULL;
  GPtrArray *argv;

  if (!find_project (recipe, &project, error))
    return FALSE;

  if (module->module->builddir)
    recipe_separate_dir (recipe);
  /* "$@" keeps each option one word, whatever it contains; the name behind the line is the shell's $0. */
  argv = recipe_argv ("sh", "-c",
                      "exec qmake \"$@\" \"QMAKE_CFLAGS+=$CFLAGS\" \"QMAKE_CXXFLAGS+=$CXXFLAGS\" "
                      "\"QMAKE_LFLAGS+=$LDFLAGS\"",
                      "qmake", NULL);
  if (module->module->builddir)
    recipe_take (argv, g_build_filename ("..", project, NULL));
  else if (project != NULL)
    recipe_take (argv, g_strconcat ("./", project, NULL));
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
