/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/module.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/command.h"
#include "builder/licences.h"
#include "builder/secret.h"

#define SOURCE_DIR "source"

typedef struct
{
  const Workshop *workshop;
  const BuildModule *module;
  const SourceContext *sources;
  BuildLog *log;
  int source_fd;
} ModuleJob;

/* As a person would type it: the line of "sh -c LINE", else the words. */
static char *
describe_command (char **argv)
{
  if (argv[0] != NULL && strcmp (argv[0], "sh") == 0 && argv[1] != NULL && strcmp (argv[1], "-c") == 0 && argv[2] != NULL
      && argv[3] == NULL)
    return g_strdup (argv[2]);
  return g_strjoinv (" ", argv);
}

static gboolean
run_step (const ModuleJob *job, const BuildStep *step, gboolean as_new_system, GError **error)
{
  g_autofree char *line = describe_command (step->argv);
  g_autofree char *cwd = as_new_system ? g_strdup ("/")
                                       : g_build_filename (job->module->source_dir, step->cwd != NULL ? step->cwd : "", NULL);
  g_auto (GStrv) argv = secret_resolve (job->module, step->argv);
  const WorkshopCommand command = {
    .module = job->module,
    .source_fd = job->source_fd,
    .argv = (const char *const *) argv,
    .cwd = cwd,
    .as_new_system = as_new_system,
    .access = step->test ? job->module->test_access : job->module->access,
    .test = step->test,
  };

  build_log_note (job->log, "%s: %s", step->title, line);
  if (command_run (job->workshop, &command, job->log, error))
    return TRUE;
  return error_prefix (error, "module '%s', step %s (%s)", job->module->name, step->title, line);
}

static gboolean
run_steps (const ModuleJob *job, const GPtrArray *steps, gboolean as_new_system, GError **error)
{
  for (guint i = 0; steps != NULL && i < steps->len; i++)
    if (!run_step (job, steps->pdata[i], as_new_system, error))
      return FALSE;
  return TRUE;
}

static gboolean
add_source (const ModuleJob *job, const ManifestSource *source, GError **error)
{
  const SourceKind *kind = source_kind_find (source->type);
  g_autoptr (GPtrArray) steps = NULL;

  if (kind == NULL)
    return error_throw (error, "there is no source kind '%s'", source->type);
  int dest_fd = kind->into_tree ? job->workshop->tree_fd : job->source_fd;
  build_log_note (job->log, "source %s", source->type);
  if (!kind->extract (source, job->sources, dest_fd, error))
    return FALSE;
  if (kind->steps == NULL)
    return TRUE;
  steps = kind->steps (source, job->sources, error);
  if (steps == NULL)
    return FALSE;
  /* Packages carry their own tools: they are run in the system that they make. */
  if (!run_steps (job, steps, kind->into_tree && workshop_is_system (job->workshop->plan), error))
    return FALSE;
  return file_remove_tree (dest_fd, SOURCE_SIDE_DIR, error);
}

static gboolean
add_sources (const ModuleJob *job, GError **error)
{
  for (guint i = 0; i < job->module->sources->len; i++)
    {
      const ManifestSource *source = job->module->sources->pdata[i];

      if (!add_source (job, source, error))
        return error_prefix (error, "%s:%u: source of module '%s'", source->place.file, source->place.line, job->module->name);
    }
  return TRUE;
}

int
module_prepare (const Workshop *workshop, const BuildModule *module, const SourceContext *sources, int work_fd, BuildLog *log,
                GError **error)
{
  if (!file_remove_tree (work_fd, SOURCE_DIR, error))
    return -1;
  autofd source_fd = file_mkdir_p (work_fd, SOURCE_DIR, 0755, error);
  if (source_fd < 0)
    return -1;
  const ModuleJob job = { workshop, module, sources, log, source_fd };
  if (!add_sources (&job, error))
    return -1;
  return file_steal_fd (&source_fd);
}

static gboolean
is_before_building (const BuildStep *step)
{
  static const char *const titles[] = { "prepare", "autogen", "configure", NULL };

  return g_strv_contains (titles, step->title);
}

gboolean
module_configure (const Workshop *workshop, const BuildModule *module, const SourceContext *sources, int source_fd, BuildLog *log,
                  GPtrArray *notes, char **ret_cwd, GError **error)
{
  const ModuleJob job = { workshop, module, sources, log, source_fd };
  g_autoptr (GError) local = NULL;
  g_autoptr (GPtrArray) steps = build_plan_steps (workshop->plan, module, source_fd, &local);
  const char *folder = ".";
  gboolean before = TRUE;

  for (guint i = 0; before && steps != NULL && i < steps->len; i++)
    {
      const BuildStep *step = steps->pdata[i];

      folder = step->cwd ?: ".";
      before = is_before_building (step) && run_step (&job, step, FALSE, &local);
    }
  *ret_cwd = g_build_filename (module->source_dir, g_str_equal (folder, ".") ? NULL : folder, NULL);
  if (g_error_matches (local, ERROR_DOMAIN, ERROR_CANCELLED))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  /* Its output is in the log. */
  if (local != NULL)
    g_ptr_array_add (notes, g_strndup (local->message, strcspn (local->message, "\n")));
  return TRUE;
}

gboolean
module_remove_sources (int work_fd, GError **error)
{
  return file_remove_tree (work_fd, SOURCE_DIR, error);
}

gboolean
module_keep_sources (int work_fd, int keep_fd, const char *name, GError **error)
{
  if (!file_remove_tree (keep_fd, name, error))
    return FALSE;
  return renameat (work_fd, SOURCE_DIR, keep_fd, name) == 0 || errno == ENOENT
         || error_throw_errno (error, errno, "cannot keep the folder that module '%s' was built in", name);
}

int
module_build (const Workshop *workshop, const BuildModule *module, const SourceContext *sources, int work_fd, BuildLog *log,
              GError **error)
{
  g_autoptr (GPtrArray) steps = NULL;
  autofd source_fd = module_prepare (workshop, module, sources, work_fd, log, error);

  if (source_fd < 0)
    return -1;
  const ModuleJob job = { workshop, module, sources, log, source_fd };
  steps = build_plan_steps (workshop->plan, module, source_fd, error);
  if (steps == NULL)
    {
      error_prefix (error, "module '%s'", module->name);
      return -1;
    }
  if (!run_steps (&job, steps, FALSE, error))
    return -1;
  if (!licences_collect (workshop->plan, module, source_fd, workshop->tree_fd, error))
    {
      error_prefix (error, "module '%s'", module->name);
      return -1;
    }
  return file_steal_fd (&source_fd);
}
