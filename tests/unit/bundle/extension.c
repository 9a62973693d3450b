/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bundle/extension.h"

#include <string.h>

static GPtrArray *
points_of (const char *keys, GError **error)
{
  g_autoptr (GKeyFile) keyfile = g_key_file_new ();
  g_autofree char *text = g_strconcat ("[Extension org.test.A]\n", keys, NULL);

  g_assert_true (g_key_file_load_from_data (keyfile, text, (gsize) -1, G_KEY_FILE_NONE, NULL));
  return extension_points_new (keyfile, "1", error);
}

static void
test_paths (void)
{
  static const struct { const char *keys, *add_ld_path; gboolean refused; } rows[] = {
    { "directory=lib/a\nadd-ld-path=lib\n", "lib" },
    { "directory=lib/a\nadd-ld-path=.\n", "" },     /* its own folder */
    { "directory=lib/a\n", NULL },
    { "directory=lib/a\nadd-ld-path=..\n", NULL, TRUE },
    { "directory=lib/a\nadd-ld-path=./..\n", NULL, TRUE },
    { "directory=lib/a\nadd-ld-path=/x\n", NULL, TRUE },
    { "directory=.\n", NULL, TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GPtrArray) points = points_of (rows[i].keys, &error);

      g_assert_cmpint (points == NULL, ==, rows[i].refused);
      if (points != NULL)
        g_assert_cmpstr (((const ExtensionPoint *) points->pdata[0])->add_ld_path, ==, rows[i].add_ld_path);
    }
}

/* One that only changes an inherited point has no place of its own. */
static void
test_no_directory (void)
{
  g_autoptr (GPtrArray) points = points_of ("version=2\n", NULL);

  g_assert_nonnull (points);
  g_assert_cmpuint (points->len, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/extension/paths", test_paths);
  g_test_add_func ("/extension/no-directory", test_no_directory);
  return g_test_run ();
}
