/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Test tool: build a plan from plain words and run it, so that the engine can be tried without the programs that
 * use it.  Each option adds one record; the order is kept; what follows "--" is the command.
 */
#include "sandbox/cgroup.h"
#include "sandbox/plan.h"
#include "sandbox/probe.h"
#include "sandbox/run.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct
{
  const char *name;
  int n_values;
  int (*add) (SandboxPlan *plan, char **values);
} Option;

static int
add_bind (SandboxPlan *p, char **v)
{
  return sandbox_plan_bind (p, v[0], v[1], 0, "driver");
}

static int
add_ro_bind (SandboxPlan *p, char **v)
{
  return sandbox_plan_bind (p, v[0], v[1], SANDBOX_BIND_READ_ONLY, "driver");
}

static int
add_dev_bind (SandboxPlan *p, char **v)
{
  return sandbox_plan_bind (p, v[0], v[1], SANDBOX_BIND_DEV, "driver");
}

static int
add_bind_try (SandboxPlan *p, char **v)
{
  return sandbox_plan_bind (p, v[0], v[1], SANDBOX_BIND_TRY, "driver");
}

static int
add_noexec_bind (SandboxPlan *p, char **v)
{
  return sandbox_plan_bind (p, v[0], v[1], SANDBOX_BIND_NOEXEC, "driver");
}

static int
add_bind_fd (SandboxPlan *p, char **v)
{
  return sandbox_plan_bind_fd (p, atoi (v[0]), v[0], v[1], 0, "driver");
}

static int
add_mount_fd (SandboxPlan *p, char **v)
{
  return sandbox_plan_mount_fd (p, atoi (v[0]), v[0], v[1], SANDBOX_BIND_READ_ONLY, "driver");
}

static int
add_tmpfs (SandboxPlan *p, char **v)
{
  return sandbox_plan_tmpfs (p, v[0], 0755, 0, "driver");
}

static int
add_tmpfs_size (SandboxPlan *p, char **v)
{
  return sandbox_plan_tmpfs (p, v[1], 01777, strtoull (v[0], NULL, 10), "driver");
}

static int
add_proc (SandboxPlan *p, char **v)
{
  return sandbox_plan_proc (p, v[0], "driver");
}

static int
add_dev (SandboxPlan *p, char **v)
{
  return sandbox_plan_dev (p, v[0], "driver");
}

static int
add_dir (SandboxPlan *p, char **v)
{
  return sandbox_plan_dir (p, v[1], (mode_t) strtoul (v[0], NULL, 8), "driver");
}

static int
add_file (SandboxPlan *p, char **v)
{
  return sandbox_plan_file (p, v[2], v[1], strlen (v[1]), (mode_t) strtoul (v[0], NULL, 8), "driver");
}

static int
add_symlink (SandboxPlan *p, char **v)
{
  return sandbox_plan_symlink (p, v[0], v[1], "driver");
}

static int
add_hide (SandboxPlan *p, char **v)
{
  return sandbox_plan_hide (p, v[0], "driver");
}

static int
add_pin (SandboxPlan *p, char **v)
{
  return sandbox_plan_pin (p, v[0], "driver");
}

static int
add_remount_ro (SandboxPlan *p, char **v)
{
  return sandbox_plan_remount_read_only (p, v[0], "driver");
}

static int
add_setenv (SandboxPlan *p, char **v)
{
  return sandbox_plan_setenv (p, v[0], v[1], "driver");
}

static int
add_unsetenv (SandboxPlan *p, char **v)
{
  return sandbox_plan_unsetenv (p, v[0], "driver");
}

static int
add_share (SandboxPlan *p, char **v)
{
  return sandbox_plan_share (p, (unsigned) atoi (v[0]), "driver");
}

static int
add_identity (SandboxPlan *p, char **v)
{
  return sandbox_plan_identity (p, (uid_t) atoi (v[0]), (gid_t) atoi (v[1]), "driver");
}

static int
add_hostname (SandboxPlan *p, char **v)
{
  return sandbox_plan_hostname (p, v[0], "driver");
}

static int
add_keep (SandboxPlan *p, char **v)
{
  return sandbox_plan_keep_capability (p, atoi (v[0]), "driver");
}

static int
add_filter (SandboxPlan *p, char **v)
{
  return sandbox_plan_filter (p, (SandboxFilter) atoi (v[0]), "driver");
}

static int
add_landlock (SandboxPlan *p, char **v)
{
  return sandbox_plan_landlock_files (p, strcmp (v[0], "try") == 0 ? SANDBOX_LANDLOCK_IF_POSSIBLE : 0, "driver");
}

static int
add_landlock_connect (SandboxPlan *p, char **v)
{
  return sandbox_plan_landlock_port (p, SANDBOX_LANDLOCK_CONNECT, atoi (v[0]), "driver");
}

static int
add_landlock_bind (SandboxPlan *p, char **v)
{
  return sandbox_plan_landlock_port (p, SANDBOX_LANDLOCK_BIND, atoi (v[0]), "driver");
}

static int
add_cwd (SandboxPlan *p, char **v)
{
  return sandbox_plan_cwd (p, v[0], "driver");
}

static int
add_pass_fd (SandboxPlan *p, char **v)
{
  return sandbox_plan_pass_fd (p, atoi (v[0]), atoi (v[1]), "driver");
}

static int
add_die_fd (SandboxPlan *p, char **v)
{
  return sandbox_plan_die_with_fd (p, atoi (v[0]), v[1], "driver");
}


/* A folder, or the number of a descriptor. */
static int
layer_open (const char *name)
{
  return name[0] == '/' ? open (name, O_PATH | O_CLOEXEC) : atoi (name);
}

static int
add_overlay (SandboxPlan *p, char **v)
{
  int lower[2] = { layer_open (v[0]), layer_open (v[1]) };
  int read_only = strcmp (v[2], "ro") == 0;
  int is_tmp = strcmp (v[2], "tmp") == 0;
  char work[4096];
  int upper_fd = -1;
  int work_fd = -1;

  if (!read_only && !is_tmp)
    {
      (void) snprintf (work, sizeof work, "%s.work", v[2]);
      upper_fd = open (v[2], O_PATH | O_CLOEXEC);
      work_fd = open (work, O_PATH | O_CLOEXEC);
    }
  return sandbox_plan_overlay (p, lower, 2, upper_fd, work_fd, read_only, v[3], "driver");
}

static int
add_limit (SandboxPlan *p, char **v)
{
  return sandbox_plan_limit (p, v[0], v[1], "driver");
}

static const Option options[] = {
  { "--bind", 2, add_bind }, { "--ro-bind", 2, add_ro_bind }, { "--dev-bind", 2, add_dev_bind },
  { "--bind-try", 2, add_bind_try }, { "--noexec-bind", 2, add_noexec_bind }, { "--bind-fd", 2, add_bind_fd }, { "--mount-fd", 2, add_mount_fd },
  { "--tmpfs", 1, add_tmpfs }, { "--tmpfs-size", 2, add_tmpfs_size }, { "--proc", 1, add_proc }, { "--dev", 1, add_dev },
  { "--dir", 2, add_dir }, { "--file", 3, add_file }, { "--symlink", 2, add_symlink }, { "--hide", 1, add_hide }, { "--pin", 1, add_pin },
  { "--remount-ro", 1, add_remount_ro }, { "--setenv", 2, add_setenv }, { "--unsetenv", 1, add_unsetenv },
  { "--share", 1, add_share }, { "--identity", 2, add_identity }, { "--hostname", 1, add_hostname },
  { "--keep-capability", 1, add_keep }, { "--filter", 1, add_filter }, { "--landlock", 1, add_landlock },
  { "--landlock-connect", 1, add_landlock_connect }, { "--landlock-bind", 1, add_landlock_bind }, { "--cwd", 1, add_cwd },
  { "--pass-fd", 2, add_pass_fd }, { "--die-with-fd", 2, add_die_fd }, { "--overlay", 4, add_overlay },
  { "--limit", 2, add_limit },
};

/* The leak sanitizer cannot trace itself under the sandbox's own filter, where this program is run too. */
const char *__asan_default_options (void);
const char *
__asan_default_options (void)
{
  return "detect_leaks=0";
}

static int
plan_fill (SandboxPlan *plan, int argc, char **argv)
{
  int i = 1;

  for (; i < argc && strcmp (argv[i], "--") != 0; i++)
    {
      size_t k = 0;

      while (k < sizeof options / sizeof options[0] && strcmp (argv[i], options[k].name) != 0)
        k++;
      if (k == sizeof options / sizeof options[0] || i + options[k].n_values >= argc)
        {
          fprintf (stderr, "sandbox-driver: what is %s?\n", argv[i]);
          return -1;
        }
      (void) options[k].add (plan, argv + i + 1);     /* the plan remembers the first failure */
      i += options[k].n_values;
    }
  if (i < argc)
    (void) sandbox_plan_command (plan, (const char *const *) argv + i + 1, "driver");
  return 0;
}

static int
doctor (void)
{
  static const char *const words[] = { "ok", "fallback", "missing" };
  ProbeResult results[32];
  size_t n = sandbox_probe (results, sizeof results / sizeof results[0]);

  for (size_t i = 0; i < n; i++)
    printf ("%s: %s: %s: %s\n", results[i].name, words[results[i].verdict], results[i].detail, results[i].advice);
  return 0;
}

/* Do to a running sandbox what the lines of the standard input say; each is answered by "ok" or a sentence. */
static int
control (const SandboxPlan *plan, SandboxError *error)
{
  static const struct { const char *word; int (*act) (const SandboxProcess *process, SandboxError *error); } acts[] = {
    { "freeze\n", sandbox_freeze }, { "thaw\n", sandbox_thaw }, { "kill\n", sandbox_kill },
  };
  SandboxProcess process;
  char line[64];

  if (sandbox_spawn (plan, &process, error) < 0)
    return 125;
  while (fgets (line, sizeof line, stdin) != NULL)
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
      if (strcmp (line, acts[i].word) == 0)
        {
          puts (acts[i].act (&process, error) == 0 ? "ok" : error->message);
          (void) fflush (stdout);
        }
  return sandbox_wait (&process, plan, error);
}

int
main (int argc, char **argv)
{
  SandboxPlan *plan = sandbox_plan_new ();
  SandboxError error;
  int status;

  if (argc == 2 && strcmp (argv[1], "--doctor") == 0)
    return doctor ();
  if (plan_fill (plan, argc, argv) < 0)
    return 2;
  status = getenv ("SANDBOX_DRIVER_CONTROL") != NULL ? control (plan, &error) : sandbox_run (plan, &error);
  if (error.limit[0] != '\0')
    fprintf (stderr, "sandbox-driver: %s\n", error.limit);
  if (error.message[0] != '\0')
    fprintf (stderr, "sandbox-driver: %s\n", error.message);
  sandbox_plan_free (plan);
  return status;
}
