/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/sources/steps.h"

static void
step_free (BuildStep *step)
{
  g_free (step->title);
  g_strfreev (step->argv);
  g_free (step->cwd);
  g_free (step);
}

GPtrArray *
source_steps_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) step_free);
}

void
source_steps_add (GPtrArray *steps, const char *title, const char *const *argv, const char *cwd)
{
  BuildStep *step = g_new0 (BuildStep, 1);

  step->title = g_strdup (title);
  step->argv = g_strdupv ((char **) argv);
  step->cwd = g_strdup (cwd != NULL ? cwd : ".");
  g_ptr_array_add (steps, step);
}
