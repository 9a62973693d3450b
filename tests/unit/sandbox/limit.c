/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/limit.h"

#include <glib.h>
#include <string.h>

static void
test_values (void)
{
  static const struct { const char *name, *value; guint64 soft, hard; int optional; } rows[] = {
    { "memory", "64M", 64 << 20, 64 << 20, 0 },
    { "memory", "2g", G_GUINT64_CONSTANT (2) << 30, G_GUINT64_CONSTANT (2) << 30, 0 },
    { "memory-high", "1048576", 1 << 20, 1 << 20, 0 },
    { "memory", "unlimited,optional", SANDBOX_UNLIMITED, SANDBOX_UNLIMITED, 1 },
    { "swap", "0", 0, 0, 0 },
    { "cpus", "50%", 500000, 500000, 0 },
    { "cpus", "1.5", 1500000, 1500000, 0 },
    { "cpus", "12.5%,optional", 125000, 125000, 1 },
    { "cpus", "4", 4000000, 4000000, 0 },
    { "cpu-weight", "10000", 10000, 10000, 0 },
    { "pids", "20", 20, 20, 0 },
    { "files", "1024:4096", 1024, 4096, 0 },
    { "files", "512:unlimited", 512, SANDBOX_UNLIMITED, 0 },
    { "core", "0", 0, 0, 0 },
    { "cpu-time", "60", 60, 61, 0 },
    { "nice", "5", 15, 15, 0 },
    { "nice", "0:-20", 20, 40, 0 },
    { "stack", "8M:1T", 8 << 20, G_GUINT64_CONSTANT (1) << 40, 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      char reason[SANDBOX_LIMIT_REASON] = "";
      SandboxLimit limit;

      g_assert_cmpint (sandbox_limit_parse (rows[i].name, rows[i].value, &limit, reason), ==, 0);
      g_assert_cmpstr (limit.name->name, ==, rows[i].name);
      g_assert_cmpuint (limit.soft, ==, rows[i].soft);
      g_assert_cmpuint (limit.hard, ==, rows[i].hard);
      g_assert_cmpint (limit.optional, ==, rows[i].optional);
      g_assert_false (limit.none);
    }
}

static void
test_rates (void)
{
  char reason[SANDBOX_LIMIT_REASON];
  SandboxLimit limit;

  g_assert_cmpint (sandbox_limit_parse ("io-read", "10M:/srv/a:b,optional", &limit, reason), ==, 0);
  g_assert_cmpuint (limit.soft, ==, 10 << 20);
  g_assert_cmpmem (limit.path, limit.path_length, "/srv/a:b", 8);
  g_assert_true (limit.optional);
}

static void
test_none (void)
{
  char reason[SANDBOX_LIMIT_REASON];
  SandboxLimit limit;

  g_assert_cmpint (sandbox_limit_parse ("memory", "none", &limit, reason), ==, 0);
  g_assert_true (limit.none);
}

static void
test_refused (void)
{
  static const struct { const char *name, *value, *reason; } rows[] = {
    { "memry", "1G", "is no limit" },          { "memory", "", "512K, 64M or 2G" },
    { "memory", "64X", "512K, 64M or 2G" },    { "memory", "64MM", "512K, 64M or 2G" },
    { "memory", "-1", "512K, 64M or 2G" },     { "memory", " 1G", "512K, 64M or 2G" },
    { "memory", "1.5G", "512K, 64M or 2G" },   { "memory", "64K", "the least is 1M" },
    { "memory", "99999999999999999999", "512K, 64M or 2G" }, { "memory", "18446744073709551615T", "512K, 64M or 2G" },
    { "memory", "1G:2G", "no hard limit" },    { "cpus", "0", "at least 1%" },
    { "cpus", "0.5%", "at least 1%" },         { "cpus", "1.2345678", "at least 1%" },
    { "cpus", "1..5", "at least 1%" },         { "cpus", ".5", "at least 1%" },
    { "cpu-weight", "0", "between 1 and 10000" }, { "cpu-weight", "unlimited", "between 1 and 10000" },
    { "pids", "2", "the least is 3" },         { "files", "10:5", "larger than its hard limit" },
    { "nice", "20", "between -20 and 19" },    { "nice", "0x1", "between -20 and 19" },
    { "files", "1:2:3", "a number" },          { "io-read", "1M", "needs a disk" },
    { "io-read", "1M:srv", "needs a disk" },   { "io-write", "0:/srv", "would stop the disk" },
    { "files", "10, optional", "a number" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      char reason[SANDBOX_LIMIT_REASON] = "";
      SandboxLimit limit;

      g_assert_cmpint (sandbox_limit_parse (rows[i].name, rows[i].value, &limit, reason), ==, -1);
      if (strstr (reason, rows[i].reason) == NULL)
        g_error ("%s=%s: %s", rows[i].name, rows[i].value, reason);
    }
}

static void
test_table (void)
{
  for (const LimitName *row = sandbox_limit_names; row->name != NULL; row++)
    {
      g_assert_true (sandbox_limit_find (row->name) == row);
      g_assert_cmpint (row->resource >= 0, ==, row->file == NULL);
      g_assert_cmpint (row->file != NULL, ==, row->property != NULL);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/limit/values", test_values);
  g_test_add_func ("/limit/rates", test_rates);
  g_test_add_func ("/limit/none", test_none);
  g_test_add_func ("/limit/refused", test_refused);
  g_test_add_func ("/limit/table", test_table);
  return g_test_run ();
}
