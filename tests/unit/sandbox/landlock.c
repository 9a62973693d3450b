/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is asked of Landlock, and what of it a kernel of each version can do.
 */
#include "sandbox/landlock.h"

#include <fcntl.h>
#include <glib.h>

#define WRITE (LANDLOCK_WRITE_FILE | LANDLOCK_REMOVE_AND_MAKE | LANDLOCK_REFER | LANDLOCK_TRUNCATE)
#define READ (LANDLOCK_READ_FILE | LANDLOCK_READ_DIRECTORY)

static void
test_versions (void)
{
  /* The numbers of linux/landlock.h: the highest bit of each version. */
  static const uint64_t rights[] = { 0, 0x1fff, 0x3fff, 0x7fff, 0x7fff, 0xffff, 0xffff, 0xffff, 0xffff };

  for (int version = 0; version < (int) G_N_ELEMENTS (rights); version++)
    g_assert_cmphex (landlock_file_rights (version), ==, rights[version]);
}

static void
test_records (void)
{
  static const struct { unsigned flags; gboolean is_read_only; uint64_t rights; } rows[] = {
    { 0, FALSE, READ | WRITE | LANDLOCK_EXECUTE },
    { 0, TRUE, READ | LANDLOCK_EXECUTE },
    { SANDBOX_BIND_READ_ONLY, FALSE, READ | LANDLOCK_EXECUTE },
    { SANDBOX_BIND_READ_ONLY | SANDBOX_BIND_NOEXEC, FALSE, READ },
    { SANDBOX_BIND_NOEXEC, FALSE, READ | WRITE },
    { SANDBOX_BIND_READ_ONLY | SANDBOX_BIND_DEV, FALSE, READ | LANDLOCK_EXECUTE | LANDLOCK_IOCTL_DEVICE | LANDLOCK_WRITE_FILE },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      Record record = { .kind = RECORD_BIND, .flags = rows[i].flags };

      g_assert_cmphex (landlock_record_rights (&record, rows[i].is_read_only), ==, rows[i].rights);
    }
  for (int kind = RECORD_DIR; kind <= RECORD_ARGV0; kind++)
    {
      Record record = { .kind = (RecordKind) kind };

      if (kind != RECORD_FILE)
        g_assert_cmphex (landlock_record_rights (&record, FALSE), ==, 0);
    }
}

static void
test_one_that_insists_is_enough (void)
{
  SandboxPlan *plan = sandbox_plan_new ();

  g_assert_cmphex (landlock_wanted (plan), ==, 0);
  sandbox_plan_landlock_files (plan, SANDBOX_LANDLOCK_IF_POSSIBLE, NULL);
  g_assert_cmphex (landlock_wanted (plan), ==, SANDBOX_LANDLOCK_FILES | SANDBOX_LANDLOCK_IF_POSSIBLE);
  sandbox_plan_landlock_port (plan, SANDBOX_LANDLOCK_BIND, 80, NULL);
  g_assert_cmphex (landlock_wanted (plan), ==, SANDBOX_LANDLOCK_FILES | SANDBOX_LANDLOCK_BIND);
  g_assert_null (sandbox_plan_failed (plan));
  sandbox_plan_landlock_port (plan, SANDBOX_LANDLOCK_BIND, 65536, NULL);
  g_assert_nonnull (sandbox_plan_failed (plan));
  sandbox_plan_free (plan);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sandbox/landlock/versions", test_versions);
  g_test_add_func ("/sandbox/landlock/records", test_records);
  g_test_add_func ("/sandbox/landlock/one-that-insists-is-enough", test_one_that_insists_is_enough);
  return g_test_run ();
}
