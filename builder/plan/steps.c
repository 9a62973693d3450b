/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/plan/steps.h"

#include "base/error.h"
#include "base/file.h"
#include "builder/buildsystems/buildsystem.h"

static void
step_free (gpointer data)
{
  BuildStep *step = data;

  g_free (step->title);
  g_strfreev (step->argv);
  g_free (step->cwd);
  g_free (step);
}

GPtrArray *
build_steps_new (void)
{
  return g_ptr_array_new_with_free_func (step_free);
}

void
build_steps_add (GPtrArray *steps, const char *title, const char *const *argv, const char *cwd)
{
  BuildStep *step = g_new0 (BuildStep, 1);

  step->title = g_strdup (title);
  step->argv = g_strdupv ((char **) argv);
  step->cwd = g_strdup (cwd);
  g_ptr_array_add (steps, step);
}

static void
add_lines (Recipe *recipe, const char *title, char *const *lines)
{
  for (gsize i = 0; lines != NULL && lines[i] != NULL; i++)
    {
      g_autofree char *numbered = g_strdup_printf ("%s[%" G_GSIZE_FORMAT "]", title, i + 1);
      const char *const argv[] = { "sh", "-c", lines[i], NULL };

      build_steps_add (recipe->steps, numbered, argv, recipe->build_dir);
    }
}

static void
add_tests (Recipe *recipe, const BuildSystem *system)
{
  const ManifestModule *module = recipe->module->module;
  const char *rule = module->test_rule ?: system->test_rule;
  guint first = recipe->steps->len;

  if (!module->run_tests)
    return;
  if (system->test_program != NULL && *rule != '\0')
    {
      const char *const argv[] = { system->test_program, rule, NULL };
      build_steps_add (recipe->steps, "test", argv, recipe->build_dir);
    }
  add_lines (recipe, "test-commands", module->test_commands);
  for (guint i = first; i < recipe->steps->len; i++)
    ((BuildStep *) recipe->steps->pdata[i])->test = TRUE;
}

/* The folder in which the module is built, as a descriptor: -1 when there is nothing to look at. */
static gboolean
open_subdir (Recipe *recipe, int source_fd, int *ret_fd, GError **error)
{
  *ret_fd = -1;
  if (source_fd < 0)
    return TRUE;
  *ret_fd = file_open_beneath (source_fd, recipe->source_dir, O_RDONLY | O_DIRECTORY, 0, error);
  return *ret_fd >= 0 || error_prefix (error, "\"subdir\" is not a folder of its sources");
}

GPtrArray *
steps_new (const BuildModule *module, int source_fd, gboolean any_jobs, GError **error)
{
  const BuildSystem *system = buildsystem_find (module->module->buildsystem, error);
  g_autoptr (GPtrArray) steps = build_steps_new ();
  g_auto (Recipe) recipe = { .module = module, .steps = steps, .jobs = any_jobs && module->jobs != 1 ? 0 : module->jobs };
  autofd fd = -1;

  if (system == NULL)
    return NULL;
  recipe.source_dir = g_strdup (module->module->subdir ?: ".");
  recipe.build_dir = g_strdup (recipe.source_dir);
  if (!open_subdir (&recipe, source_fd, &fd, error))
    return NULL;
  recipe.look_fd = fd;
  if (system->build != NULL && !system->build (&recipe, error))
    return NULL;
  add_lines (&recipe, "build-commands", module->module->build_commands);
  if (system->install != NULL && !module->module->no_make_install)
    system->install (&recipe);
  add_lines (&recipe, "post-install", module->module->post_install);
  add_tests (&recipe, system);
  return g_steal_pointer (&steps);
}

GPtrArray *
build_plan_steps (const BuildPlan *plan, const BuildModule *module, int source_fd, GError **error)
{
  return steps_new (module, source_fd, FALSE, error);
}
