/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bundle/walls.h"

#include <string.h>

#include "base/error.h"

static Permissions *
read_layer (const char *text, GError **error)
{
  g_autoptr (GKeyFile) keyfile = g_key_file_new ();

  g_assert_true (g_key_file_load_from_data (keyfile, text, strlen (text), G_KEY_FILE_NONE, NULL));
  return permissions_from_keyfile (keyfile, "a file", error);
}

static void
test_layers (void)
{
  g_autoptr (Permissions) lower = read_layer ("[Nacelle Sandbox]\nlandlock=off\n", NULL);
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
  static const struct { const char *text, *reason; } rows[] = {
    { "landlock=true\n", "\"true\" is not on, off or auto" },
    { "landlock=autoo\n", "did you mean \"auto\"" },
    { "landlok=on\n", "\"landlok\" is no key of this group; it knows landlock" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *text = g_strconcat ("[" WALLS_GROUP "]\n", rows[i].text, NULL);
      g_autoptr (Permissions) layer = read_layer (text, &error);
      g_assert_null (layer);
      g_assert_error (error, ERROR_DOMAIN, ERROR_REFUSED);
      if (strstr (error->message, rows[i].reason) == NULL)
        g_error ("%s: %s", rows[i].text, error->message);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/walls/layers", test_layers);
  g_test_add_func ("/walls/refused", test_refused);
  return g_test_run ();
}
