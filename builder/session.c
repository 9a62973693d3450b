/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/session.h"

#include <fcntl.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/module.h"
#include "sandbox/run.h"

gboolean
session_run (const Workshop *workshop, const BuildModule *module, const char *const *argv, const SourceContext *sources,
             int work_fd, BuildLog *log, GPtrArray *notes, int *ret_status, GError **error)
{
  autofd source_fd = module != NULL ? module_prepare (workshop, module, sources, work_fd, log, error) : -1;
  SandboxError failure = { 0 };
  g_autofree char *cwd = NULL;

  if (module != NULL
      && (source_fd < 0 || !module_configure (workshop, module, sources, source_fd, log, notes, &cwd, error)))
    return FALSE;
  const BuildAccess *access = module != NULL ? module->access : workshop->plan->access;
  g_autoptr (Buses) buses = NULL;
  if (!buses_start (access, log, &buses, error))
    return FALSE;
  const WorkshopCommand command = {
    .module = module,
    .source_fd = source_fd,
    .argv = argv,
    .cwd = cwd ?: workshop_tree_path (workshop),
    .access = access,
    .buses = buses,
    .interactive = TRUE,
  };
  SandboxPlan *plan = workshop_plan (workshop, &command, -1, error);
  if (plan == NULL)
    return FALSE;
  int status = sandbox_run (plan, &failure);
  sandbox_plan_free (plan);
  if (failure.message[0] != '\0')
    return error_throw (error, "%s", failure.message);
  *ret_status = status;
  return TRUE;
}
