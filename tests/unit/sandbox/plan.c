/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a plan accepts, and how it looks as text.
 */
#include "sandbox/plan.h"
#include "sandbox/print.h"

#include <fcntl.h>
#include <glib.h>
#include <stdlib.h>
#include <unistd.h>

static void
assert_text (const SandboxPlan *plan, const char *expected)
{
  char *text = sandbox_plan_to_text (plan);

  g_assert_cmpstr (sandbox_plan_failed (plan), ==, NULL);
  g_assert_cmpstr (text, ==, expected);
  free (text);
}

static void
test_text (void)
{
  static const char *const argv[] = { "sh", "-c", "echo \"$HOME\"\n", NULL };
  SandboxPlan *plan = sandbox_plan_new ();

  sandbox_plan_bind (plan, "/", "/usr/", SANDBOX_BIND_READ_ONLY, "default");
  sandbox_plan_bind (plan, "/nowhere/at all", "/x", SANDBOX_BIND_TRY, "default");
  sandbox_plan_bind_fd (plan, open ("/dev/null", O_PATH | O_CLOEXEC), "a null", "//dev/./gpu", SANDBOX_BIND_DEV, "command line");
  sandbox_plan_tmpfs (plan, "/tmp", 01777, 4096, "default");
  sandbox_plan_proc (plan, "/proc", "default");
  sandbox_plan_dev (plan, "/dev", "default");
  sandbox_plan_dir (plan, "/run/app", 0700, NULL);
  sandbox_plan_file (plan, "/etc/passwd", "abc", 3, 0444, "default");
  sandbox_plan_symlink (plan, "usr/lib", "/lib", "default");
  sandbox_plan_hide (plan, "/home/x/.ssh", "override");
  sandbox_plan_pin (plan, "/home/x/.local", "default");
  sandbox_plan_remount_read_only (plan, "/", "default");
  sandbox_plan_setenv (plan, "A", "", "metadata");
  sandbox_plan_unsetenv (plan, "B", "metadata");
  sandbox_plan_share (plan, SANDBOX_SHARE_NETWORK | SANDBOX_SHARE_IPC, "metadata");
  sandbox_plan_identity (plan, 0, 0, "build");
  sandbox_plan_hostname (plan, "box", "default");
  sandbox_plan_keep_capability (plan, 1, "build");
  sandbox_plan_filter (plan, SANDBOX_FILTER_DEVEL, "build");
  sandbox_plan_landlock_files (plan, SANDBOX_LANDLOCK_IF_POSSIBLE, "metadata");
  sandbox_plan_landlock_port (plan, SANDBOX_LANDLOCK_CONNECT | SANDBOX_LANDLOCK_BIND, 443, "metadata");
  sandbox_plan_cwd (plan, "/run", "command line");
  sandbox_plan_command (plan, argv, "command line");
  sandbox_plan_pass_fd (plan, open ("/", O_PATH | O_CLOEXEC), 7, "default");
  sandbox_plan_die_with_fd (plan, open ("/", O_PATH | O_CLOEXEC), "image server", "default");
  assert_text (plan,
               "bind / /usr ro  # default\n"
               "bind \"a null\" /dev/gpu dev  # command line\n"
               "tmpfs /tmp 1777 size=4096  # default\n"
               "proc /proc  # default\n"
               "dev /dev  # default\n"
               "dir /run/app 0700  #\n"
               "file /etc/passwd 0444 3 bytes  # default\n"
               "symlink usr/lib /lib  # default\n"
               "hide /home/x/.ssh  # override\n"
               "pin /home/x/.local  # default\n"
               "remount-read-only /  # default\n"
               "setenv A \"\"  # metadata\n"
               "unsetenv B  # metadata\n"
               "share network ipc  # metadata\n"
               "identity 0:0  # build\n"
               "hostname box  # default\n"
               "keep-capability 1  # build\n"
               "filter devel  # build\n"
               "landlock files if-possible  # metadata\n"
               "landlock connect bind 443  # metadata\n"
               "cwd /run  # command line\n"
               "command sh -c \"echo \\\"$HOME\\\"\\n\"  # command line\n"
               "pass-fd 7  # default\n"
               "die-with-fd \"image server\"  # default\n");
  sandbox_plan_free (plan);
}

typedef int (*AddFunction) (SandboxPlan *plan);

static int add_relative (SandboxPlan *p) { return sandbox_plan_tmpfs (p, "tmp", 0755, 0, ""); }
static int add_dots (SandboxPlan *p) { return sandbox_plan_dir (p, "/a/../../etc", 0755, ""); }
static int add_dots_end (SandboxPlan *p) { return sandbox_plan_bind (p, "/", "/a/..", 0, ""); }
static int add_null (SandboxPlan *p) { return sandbox_plan_proc (p, NULL, ""); }
static int add_missing (SandboxPlan *p) { return sandbox_plan_bind (p, "/nowhere", "/x", 0, ""); }
static int add_closed (SandboxPlan *p) { return sandbox_plan_bind_fd (p, -1, "s", "/x", 0, ""); }
static int add_variable (SandboxPlan *p) { return sandbox_plan_setenv (p, "A=B", "c", ""); }
static int add_cwd_proc (SandboxPlan *p) { return sandbox_plan_cwd (p, "/proc/self/fd/7", ""); }
static int add_cwd_dots (SandboxPlan *p) { return sandbox_plan_cwd (p, "/tmp/../proc/self/cwd", ""); }
static int add_cwd_dev (SandboxPlan *p) { return sandbox_plan_cwd (p, "//dev/./fd/3", ""); }
static int add_capability (SandboxPlan *p) { return sandbox_plan_keep_capability (p, 64, ""); }
static int add_hostname (SandboxPlan *p) { return sandbox_plan_hostname (p, "", ""); }
static int add_share (SandboxPlan *p) { return sandbox_plan_share (p, 1 << 9, ""); }
static int add_uid (SandboxPlan *p) { return sandbox_plan_identity (p, (uid_t) -1, 0, ""); }
static int add_root_file (SandboxPlan *p) { return sandbox_plan_file (p, "/", "", 0, 0644, ""); }
static int add_mode (SandboxPlan *p) { return sandbox_plan_dir (p, "/x", 0200755, ""); }
static int add_fd_number (SandboxPlan *p) { return sandbox_plan_pass_fd (p, open ("/", O_PATH), -1, ""); }
static int add_command (SandboxPlan *p) { static const char *const none[] = { NULL }; return sandbox_plan_command (p, none, ""); }

static void
test_refused (void)
{
  static const AddFunction bad[] = {
    add_relative, add_dots, add_dots_end, add_null, add_missing, add_closed, add_variable, add_cwd_proc, add_cwd_dots, add_cwd_dev,
    add_capability, add_hostname, add_share, add_uid, add_root_file, add_mode, add_fd_number, add_command,
  };

  for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      SandboxPlan *plan = sandbox_plan_new ();
      char *text;
      char *first;

      g_assert_cmpint (sandbox_plan_dir (plan, "/good", 0755, ""), ==, 0);
      g_assert_null (sandbox_plan_failed (plan));
      g_assert_cmpint (bad[i] (plan), ==, -1);
      g_assert_nonnull (sandbox_plan_failed (plan));
      first = g_strdup (sandbox_plan_failed (plan));
      g_assert_cmpint (sandbox_plan_tmpfs (plan, "also bad", 0755, 0, ""), ==, -1);
      g_assert_cmpstr (sandbox_plan_failed (plan), ==, first);
      text = sandbox_plan_to_text (plan);
      g_assert_cmpstr (text, ==, "dir /good 0755  #\n");
      g_free (first);
      free (text);
      sandbox_plan_free (plan);
    }
  sandbox_plan_free (NULL);
}

/* A descriptor is the plan's also when the record is refused. */
static void
test_ownership (void)
{
  SandboxPlan *plan = sandbox_plan_new ();
  int fd = open ("/", O_PATH | O_CLOEXEC);

  g_assert_cmpint (sandbox_plan_bind_fd (plan, fd, "root", "relative", 0, ""), ==, -1);
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, -1);
  sandbox_plan_free (plan);

  plan = sandbox_plan_new ();
  fd = open ("/", O_PATH | O_CLOEXEC);
  g_assert_cmpint (sandbox_plan_bind_fd (plan, fd, "root", "/x", 0, ""), ==, 0);
  g_assert_cmpint (fcntl (fd, F_GETFD), !=, -1);
  sandbox_plan_free (plan);
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, -1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sandbox/plan/text", test_text);
  g_test_add_func ("/sandbox/plan/refused", test_refused);
  g_test_add_func ("/sandbox/plan/ownership", test_ownership);
  return g_test_run ();
}
