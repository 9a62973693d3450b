/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bundle/walls.h"

#include "layer.h"

static void
test_layers (void)
{
  g_autoptr (Permissions) lower = layer_read ("[Nacelle Sandbox]\nlandlock=off\n", "a file", NULL);
  g_autoptr (Permissions) nothing = permissions_new ();
  g_autoptr (Permissions) upper = permissions_new ();
  g_autoptr (GKeyFile) keyfile = g_key_file_new ();
  const char *origin = NULL;

  g_assert_cmpint (walls_landlock (nothing, &origin), ==, WALL_AUTO);
  g_assert_cmpstr (origin, ==, "default");
  permissions_merge (lower, nothing);
  g_assert_cmpint (walls_landlock (lower, &origin), ==, WALL_OFF);
  g_assert_cmpstr (origin, ==, "a file");
  g_assert_true (permissions_add_argument (upper, "--landlock=on", "command line", NULL));
  permissions_merge (lower, upper);
  g_assert_cmpint (walls_landlock (lower, &origin), ==, WALL_ON);
  g_assert_cmpstr (origin, ==, "command line");

  permissions_to_keyfile (lower, keyfile);
  g_autofree char *word = g_key_file_get_string (keyfile, WALLS_GROUP, "landlock", NULL);
  g_assert_cmpstr (word, ==, "on");
}

static void
test_refused (void)
{
  static const RefusedRow rows[] = {
    { "landlock=true\n", "\"true\" is not on, off or auto" },
    { "landlock=autoo\n", "did you mean \"auto\"" },
    { "landlok=on\n", "\"landlok\" is no key of this group; it knows landlock" },
  };

  layers_refused (WALLS_GROUP, rows, G_N_ELEMENTS (rows));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/walls/layers", test_layers);
  g_test_add_func ("/walls/refused", test_refused);
  return g_test_run ();
}
