/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is executed, and where.  The words become the argument vector as they are; none of them is ever an option
 * of something else.
 */
#include "runner/plan/context.h"

#include "base/error.h"
#include "runner/place.h"

static gboolean
add_cwd (PlanContext *context, GError **error)
{
  const char *wanted = context->launch->cwd;
  const char *current = context->host->cwd;

  if (wanted != NULL && wanted[0] != '/')
    return error_throw_code (error, ERROR_USAGE, "--cwd: \"%s\" is not an absolute path", wanted);
  if (wanted != NULL)
    (void) sandbox_plan_cwd (context->plan, wanted, "command line");
  else if (current != NULL && !place_is_below (current, "/proc") && !place_is_below (current, "/dev"))
    (void) sandbox_plan_cwd (context->plan, current, "working directory of the user");
  return TRUE;
}

gboolean
plan_command (PlanContext *context, GError **error)
{
  const Launch *launch = context->launch;
  const char *command = launch->command;
  const char *origin = "command line";
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();

  if (command == NULL && launch->app != NULL)
    {
      command = launch->app->metadata->command;
      origin = "metadata";
      if (command == NULL)
        return error_throw_code (error, ERROR_USAGE, "%s names no command in its metadata; give one with --command=NAME",
                                 context->id);
    }
  else if (command == NULL)
    {
      command = "/bin/sh";
      origin = "default";
    }
  if (command[0] == '\0')
    return error_throw_code (error, ERROR_USAGE, "--command is empty");

  g_ptr_array_add (argv, (gpointer) command);
  for (const char *const *argument = launch->arguments; *argument != NULL; argument++)
    g_ptr_array_add (argv, (gpointer) *argument);
  g_ptr_array_add (argv, NULL);
  if (!add_cwd (context, error))
    return FALSE;
  (void) sandbox_plan_command (context->plan, (const char *const *) argv->pdata, origin);
  return TRUE;
}
