/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Plans that are stored and read again, and what must be refused.
 */
#include "sandbox/attribute.h"
#include "sandbox/plan-guest.h"
#include "sandbox/plan-namespace.h"
#include "sandbox/print.h"
#include "sandbox/stored-format.h"
#include "sandbox/stored.h"

#include <fcntl.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
supply_root (void *context, const char *name, int number)
{
  int *n_calls = context;

  (*n_calls)++;
  return strcmp (name, "missing") == 0 ? -1 : open ("/", O_PATH | O_CLOEXEC);
}

static SandboxPlan *
plan_make (void)
{
  static const char *const argv[] = { "sh", "-c", "", "ü\n", NULL };
  static const char *const lower[] = { "/usr", "/" };
  static const char *const ports[] = { "80:8080", "192.0.2.1/1:65535" };
  SandboxPlan *plan = sandbox_plan_new ();

  sandbox_plan_bind (plan, "/", "/host", SANDBOX_BIND_READ_ONLY | SANDBOX_BIND_NOEXEC, "default");
  sandbox_plan_bind_fd (plan, open ("/", O_PATH | O_CLOEXEC), "a folder", "/folder", SANDBOX_BIND_DEV, "x");
  sandbox_plan_mount_fd (plan, open ("/", O_PATH | O_CLOEXEC), "an image", "/app", SANDBOX_BIND_READ_ONLY, "x");
  sandbox_plan_tmpfs (plan, "/tmp", 01777, UINT64_C (0x123456789a), "default");
  sandbox_plan_proc (plan, "/proc", "default");
  sandbox_plan_dev (plan, "/dev", "default");
  sandbox_plan_dir (plan, "/run", 0700, "default");
  sandbox_plan_file (plan, "/f", "a\0b", 3, 0444, "default");
  sandbox_plan_file (plan, "/empty", NULL, 0, 0644, "default");
  sandbox_plan_symlink (plan, "a b", "/l", "default");
  sandbox_plan_hide (plan, "/h", "default");
  sandbox_plan_restrict (plan, "/h", SANDBOX_BIND_NOEXEC, "default");
  sandbox_plan_domain_name (plan, "d.example", "default");
  sandbox_plan_attribute (plan, "oom-score", "-5", "default");
  sandbox_plan_attribute (plan, "cpus", "0-1023", "default");
  sandbox_plan_exec_profile (plan, "box", "default");
  sandbox_plan_remount_read_only (plan, "/", "default");
  sandbox_plan_setenv (plan, "A", "1", "default");
  sandbox_plan_unsetenv (plan, "B", "default");
  sandbox_plan_share (plan, SANDBOX_SHARE_IPC, "default");
  sandbox_plan_identity (plan, 4000000000u, 7, "default");
  sandbox_plan_hostname (plan, "box", "default");
  sandbox_plan_keep_capability (plan, 3, "default");
  sandbox_plan_filter (plan, SANDBOX_FILTER_DEVEL_MULTIARCH, "default");
  sandbox_plan_landlock_files (plan, SANDBOX_LANDLOCK_IF_POSSIBLE, "default");
  sandbox_plan_landlock_files (plan, 0, "default");
  sandbox_plan_landlock_port (plan, SANDBOX_LANDLOCK_CONNECT, 65535, "default");
  sandbox_plan_cwd (plan, "/run", "default");
  sandbox_plan_command (plan, argv, "default");
  sandbox_plan_limit (plan, "files", "64:128,optional", "default");
  sandbox_plan_pass_fd (plan, open ("/", O_PATH | O_CLOEXEC), 9, "default");
  sandbox_plan_time_offset (plan, SANDBOX_CLOCK_MONOTONIC, -5, "default");
  sandbox_plan_time_offset (plan, SANDBOX_CLOCK_BOOTTIME, INT64_C (1) << 32, "default");
  sandbox_plan_map_range (plan, SANDBOX_RANGE_USERS | SANDBOX_RANGE_GROUPS, 0, 0, 0, "default");
  sandbox_plan_map_range (plan, SANDBOX_RANGE_USERS, 1, 4000000000u, 3, "default");
  sandbox_plan_network_outgoing (plan, ports, 2, "default");
  sandbox_plan_network_outgoing (plan, NULL, 0, "default");
  sandbox_plan_terminal (plan, "default");
  sandbox_plan_securebits (plan, 3, "default");
  sandbox_plan_die_with_fd (plan, open ("/", O_PATH | O_CLOEXEC), "image server", "default");
  sandbox_plan_data (plan, "/d", "x", 1, 0600, SANDBOX_DATA_MOUNTED, "guest");
  sandbox_plan_data (plan, "/w", NULL, 0, 0600, SANDBOX_DATA_WRITTEN, "guest");
  sandbox_plan_chmod (plan, "/d", 01700, "guest");
  sandbox_plan_mqueue (plan, "/q", "guest");
  sandbox_plan_binfmt (plan, ":a:E::b::/c:", "/m", "guest");
  sandbox_plan_overlay_paths (plan, lower, 2, NULL, NULL, 0, "/o", "guest");
  sandbox_plan_overlay_paths (plan, lower, 2, NULL, NULL, 1, "/ro", "guest");
  sandbox_plan_overlay_paths (plan, lower, 1, "/tmp", "/var", 0, "/up", "guest");
  sandbox_plan_start (plan, SANDBOX_START_AS_PID_1 | SANDBOX_START_NO_USERNS, "guest");
  sandbox_plan_argv0 (plan, "name", "guest");
  sandbox_plan_seccomp (plan, "\6\0\0\0\0\0\377\177", 8, "guest");
  sandbox_plan_lock (plan, "/d", "guest");
  sandbox_plan_exec_label (plan, "u:r:box_t:s0:c1,c2", "guest");
  sandbox_plan_file_label (plan, "u:r:file_t:s0", "guest");
  g_assert_cmpstr (sandbox_plan_failed (plan), ==, NULL);
  return plan;
}

static void
test_same (void)
{
  char reason[SANDBOX_STORED_REASON] = "";
  SandboxPlan *plan = plan_make ();
  SandboxPlan *again;
  int n_calls = 0;
  void *data[2];
  size_t size[2];
  char *text[2];

  g_assert_cmpint (sandbox_plan_store (plan, &data[0], &size[0], reason), ==, 0);
  again = sandbox_plan_read (data[0], size[0], supply_root, &n_calls, reason);
  g_assert_cmpstr (reason, ==, "");
  g_assert_nonnull (again);
  g_assert_cmpint (n_calls, ==, 4);
  text[0] = sandbox_plan_to_text (plan);
  text[1] = sandbox_plan_to_text (again);
  g_assert_cmpstr (text[0], ==, text[1]);
  g_assert_cmpint (sandbox_plan_store (again, &data[1], &size[1], reason), ==, 0);
  g_assert_cmpmem (data[0], size[0], data[1], size[1]);
  for (int i = 0; i < 2; i++)
    {
      free (text[i]);
      free (data[i]);
    }
  sandbox_plan_free (plan);
  sandbox_plan_free (again);
}

static void
assert_refused (const void *data, size_t size, const char *word)
{
  char reason[SANDBOX_STORED_REASON] = "";
  int n_calls = 0;

  g_assert_null (sandbox_plan_read (data, size, supply_root, &n_calls, reason));
  if (strstr (reason, word) == NULL)
    g_error ("“%s” does not say “%s”", reason, word);
}

static void
test_damaged (void)
{
  char reason[SANDBOX_STORED_REASON] = "";
  SandboxPlan *plan = plan_make ();
  unsigned char *copy;
  void *data;
  size_t size;

  g_assert_cmpint (sandbox_plan_store (plan, &data, &size, reason), ==, 0);
  for (size_t i = 0; i < size; i++)
    {
      copy = g_memdup2 (data, i);       /* exactly as long, for the sanitizer */
      assert_refused (copy, i, "");
      g_free (copy);
      copy = g_memdup2 (data, size);
      copy[i] ^= 0x40;
      assert_refused (copy, size, i < 7 ? "not a stored" : i == 7 ? "version" : "damaged");
      g_free (copy);
    }
  assert_refused ("", 0, "not a stored");
  free (data);
  sandbox_plan_free (plan);
}

/* Whoever damages a plan on purpose sets the checksum right. */
static void
test_forged (void)
{
  char reason[SANDBOX_STORED_REASON] = "";
  SandboxPlan *plan = plan_make ();
  void *data;
  size_t size;

  g_assert_cmpint (sandbox_plan_store (plan, &data, &size, reason), ==, 0);
  for (size_t i = STORED_HEADER_SIZE; i < size; i++)
    for (unsigned bit = (unsigned) i % 8; bit < 8; bit += 5)
      {
        unsigned char *copy = g_memdup2 (data, size);
        SandboxPlan *read;
        int n_calls = 0;
        guint64 sum;

        copy[i] ^= (unsigned char) (1 << bit);
        sum = GUINT64_TO_LE (stored_checksum (copy + STORED_HEADER_SIZE, size - STORED_HEADER_SIZE));
        memcpy (copy + STORED_MAGIC_SIZE, &sum, sizeof sum);
        read = sandbox_plan_read (copy, size, supply_root, &n_calls, reason);
        g_assert_true (read == NULL || sandbox_plan_failed (read) == NULL);
        sandbox_plan_free (read);
        g_free (copy);
      }
  free (data);
  sandbox_plan_free (plan);
}

static void
test_refused (void)
{
  char reason[SANDBOX_STORED_REASON] = "";
  int lower[2] = { open ("/", O_PATH | O_CLOEXEC), open ("/", O_PATH | O_CLOEXEC) };
  SandboxPlan *plan = sandbox_plan_new ();
  void *data;
  size_t size;

  sandbox_plan_overlay (plan, lower, 2, -1, -1, 1, "/x", "default");
  g_assert_cmpint (sandbox_plan_store (plan, &data, &size, reason), ==, -1);
  g_assert_nonnull (strstr (reason, "overlay"));
  sandbox_plan_free (plan);

  plan = sandbox_plan_new ();
  sandbox_plan_bind_fd (plan, open ("/", O_PATH | O_CLOEXEC), "missing", "/folder", 0, "x");
  g_assert_cmpint (sandbox_plan_store (plan, &data, &size, reason), ==, 0);
  assert_refused (data, size, "missing");
  free (data);
  sandbox_plan_hold_fd (plan, open ("/", O_PATH | O_CLOEXEC), "what to hold");
  g_assert_cmpint (sandbox_plan_store (plan, &data, &size, reason), ==, -1);
  g_assert_nonnull (strstr (reason, "what to hold"));
  sandbox_plan_free (plan);
  plan = sandbox_plan_new ();
  sandbox_plan_bind_fd (plan, open ("/", O_PATH | O_CLOEXEC), "missing", "/folder", 0, "x");
  g_assert_cmpint (sandbox_plan_store (plan, &data, &size, reason), ==, 0);
  g_assert_null (sandbox_plan_read (data, size, NULL, NULL, reason));
  free (data);
  sandbox_plan_free (plan);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sandbox/stored/same", test_same);
  g_test_add_func ("/sandbox/stored/damaged", test_damaged);
  g_test_add_func ("/sandbox/stored/forged", test_forged);
  g_test_add_func ("/sandbox/stored/refused", test_refused);
  return g_test_run ();
}
