/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bundle/limits.h"

#include "layer.h"

static Permissions *
read_layer (const char *limits, GError **error)
{
  g_autofree char *text = g_strconcat ("[" LIMITS_GROUP "]\n", limits, NULL);

  return layer_read (text, "test", error);
}

static void
test_layers (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Permissions) lower = read_layer ("memory=1G\npids=100\ncpus=50%,optional\n", &error);
  g_assert_no_error (error);
  g_autoptr (Permissions) upper = read_layer ("memory=none\npids=200\n", &error);
  g_assert_no_error (error);

  permissions_merge (lower, upper);
  g_assert_false (permissions_has (lower->limits, "memory"));
  g_assert_true (permissions_has (lower->limits, "cpus"));
  g_assert_cmpstr (permissions_find (lower->limits, "pids")->value, ==, "200");
  g_assert_cmpstr (permissions_find (lower->limits, "cpus")->value, ==, "50%,optional");
}

/* A name that a later version knows would be shown to nobody: refused. */
static void
test_refused (void)
{
  static const RefusedRow rows[] = {
    { "memroy=1G\n", "did you mean \"memory\"" },
    { "frobs=1\n", "there are memory" },
    { "memory=much\n", "512K, 64M or 2G" },
    { "pids=\n", "it takes a number" },
  };

  layers_refused (LIMITS_GROUP, rows, G_N_ELEMENTS (rows));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/limits/layers", test_layers);
  g_test_add_func ("/limits/refused", test_refused);
  return g_test_run ();
}
