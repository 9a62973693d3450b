/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/buildsystems/recipe.h"

#include "base/error.h"

#include <fcntl.h>
#include <sys/stat.h>

#define SEPARATE_DIR "_flatpak_build"

void
recipe_clear (Recipe *recipe)
{
  g_free (recipe->source_dir);
  g_free (recipe->build_dir);
}

gboolean
recipe_has (const Recipe *recipe, const char *name)
{
  struct stat info;

  if (recipe->look_fd < 0)
    return TRUE;
  return fstatat (recipe->look_fd, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR (info.st_mode);
}

gboolean
recipe_need (const Recipe *recipe, const char *name, GError **error)
{
  if (recipe_has (recipe, name))
    return TRUE;
  return error_throw_code (error, ERROR_NOT_FOUND,
                           "there is no %s in its sources; is \"buildsystem\" right, or is \"subdir\" missing?", name);
}

void
recipe_separate_dir (Recipe *recipe)
{
  g_free (recipe->build_dir);
  recipe->build_dir = g_str_equal (recipe->source_dir, ".") ? g_strdup (SEPARATE_DIR)
                                                            : g_build_filename (recipe->source_dir, SEPARATE_DIR, NULL);
  recipe_run (recipe, "prepare", recipe->source_dir, recipe_argv ("mkdir", "-p", SEPARATE_DIR, NULL));
}

GPtrArray *
recipe_argv (const char *first, ...)
{
  GPtrArray *argv = g_ptr_array_new_with_free_func (g_free);
  va_list args;

  va_start (args, first);
  for (const char *argument = first; argument != NULL; argument = va_arg (args, const char *))
    g_ptr_array_add (argv, g_strdup (argument));
  va_end (args);
  return argv;
}

void
recipe_take (GPtrArray *argv, char *argument)
{
  g_ptr_array_add (argv, argument);
}

void
recipe_append (GPtrArray *argv, char *const *arguments)
{
  for (; arguments != NULL && *arguments != NULL; arguments++)
    g_ptr_array_add (argv, g_strdup (*arguments));
}

void
recipe_run (Recipe *recipe, const char *title, const char *cwd, GPtrArray *argv)
{
  g_ptr_array_add (argv, NULL);
  build_steps_add (recipe->steps, title, (const char *const *) argv->pdata, cwd);
  g_ptr_array_unref (argv);
}

/* "-jN"; and with `load` "-lM" for make, which starts nothing more while the machine has that much to do. */
static void
append_jobs (const Recipe *recipe, GPtrArray *argv, gboolean load)
{
  if (recipe->jobs == 0)
    {
      recipe_take (argv, g_strdup ("-jN"));
      if (load)
        recipe_take (argv, g_strdup ("-l2N"));
      return;
    }
  recipe_take (argv, g_strdup_printf ("-j%u", recipe->jobs));
  if (load && recipe->jobs > 1)
    recipe_take (argv, g_strdup_printf ("-l%u", recipe->jobs > G_MAXUINT / 2 ? recipe->jobs : 2 * recipe->jobs));
}

void
recipe_make (Recipe *recipe, const char *program)
{
  GPtrArray *argv = recipe_argv (program, NULL);

  append_jobs (recipe, argv, g_str_equal (program, "make"));
  recipe_append (argv, recipe->module->make_args);
  recipe_run (recipe, "build", recipe->build_dir, argv);
}

void
recipe_make_install (Recipe *recipe, const char *program)
{
  GPtrArray *argv = recipe_argv (program, recipe->module->module->install_rule ?: "install", NULL);

  recipe_append (argv, recipe->module->make_install_args);
  recipe_run (recipe, "install", recipe->build_dir, argv);
}
