/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/vary/vary.h"

#include <sched.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/spawn.h"

#define ORIGIN "verify"
#define PLACE "/run/nacelle-vary.so"
#define LIST PLACE "\n"
/* A shell uses up some numbers and runs the command in a process of its own; what it put into the environment is taken out again. */
#define USE_NUMBERS "i=0; while [ $i -lt 97 ]; do (:); i=$((i+1)); done; unset i SHLVL PWD OLDPWD; \"$@\"; exit $?"

void
vary_processors (void)
{
  cpu_set_t set;

  if (sched_getaffinity (0, sizeof set, &set) < 0 || CPU_COUNT (&set) < 2)
    return;
  for (int i = CPU_SETSIZE; i > 0; i--)
    if (CPU_ISSET (i - 1, &set))
      {
        CPU_CLR (i - 1, &set);
        break;
      }
  (void) sched_setaffinity (0, sizeof set, &set); /* one thing less that is another one */
}

gboolean
vary_add_library (SandboxPlan *plan, gboolean by_variable, GError **error)
{
  g_autofree char *path = spawn_helper_path ("nacelle-vary.so");
  int fd = file_open (AT_FDCWD, path, O_PATH, 0, error);

  if (fd < 0)
    return error_prefix (error, "cannot build in another way (is the installation complete?)");
  sandbox_plan_bind_fd (plan, fd, path, PLACE, SANDBOX_BIND_READ_ONLY, ORIGIN);
  if (by_variable)
    sandbox_plan_setenv (plan, "LD_PRELOAD", PLACE, ORIGIN);
  else
    sandbox_plan_file (plan, "/etc/ld.so.preload", LIST, strlen (LIST), 0644, ORIGIN);
  return TRUE;
}

const char **
vary_command (const char *const *argv)
{
  static const char *const before[] = { "sh", "-c", USE_NUMBERS, "sh" };
  gboolean has_shell = strcmp (argv[0], "sh") == 0;
  gsize n = g_strv_length ((char **) argv), n_before = has_shell ? G_N_ELEMENTS (before) : 0;
  const char **result = g_new0 (const char *, n + n_before + 1);

  memcpy (result, before, n_before * sizeof *result);
  memcpy (result + n_before, argv, n * sizeof *result);
  return result;
}
