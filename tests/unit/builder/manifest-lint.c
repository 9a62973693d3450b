/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tests/plans/lint/: what `appbuild check` warns of.  bad/, recipes/ and with-errors/ have the warnings beside them
 * (NACELLE_UPDATE_PLANS=1 writes them anew), good/ is their twin without any; in two/ files that nothing names may be those of the
 * other manifest.
 */
#include "builder/manifest/lint.h"

#include <string.h>

#define FOLDER TESTS_DIR "/plans/lint/"
#define NOW G_GINT64_CONSTANT (1764374400) /* 2025-11-29 */

static char *
warnings_of (const char *path)
{
  g_autoptr (GPtrArray) problems = manifest_problems_new ();
  g_autoptr (GPtrArray) all = manifest_problems_new ();
  g_autoptr (Manifest) manifest = manifest_load_anyway (path, FALSE, all);
  g_autofree char *text = NULL;
  g_auto (GStrv) parts = NULL;

  g_assert_nonnull (manifest);
  manifest_lint (manifest, NOW, problems);
  for (guint i = 0; i < problems->len; i++)
    g_assert_false (((const ManifestProblem *) problems->pdata[i])->is_error);
  text = manifest_problems_format (problems);
  parts = g_strsplit (text, FOLDER, -1);
  return g_strjoinv ("", parts);
}

/* `data`: NAME.problems is what is said of NAME/app.yaml. */
static void
check_bad (gconstpointer data)
{
  g_autofree char *path = g_strconcat (FOLDER, data, "/app.yaml", NULL);
  g_autofree char *expected_path = g_strconcat (FOLDER, data, ".problems", NULL);
  g_autofree char *found = warnings_of (path);
  g_autofree char *expected = NULL;

  if (g_strcmp0 (g_getenv ("NACELLE_UPDATE_PLANS"), "1") == 0)
    g_assert_true (g_file_set_contents (expected_path, found, -1, NULL));
  g_assert_true (g_file_get_contents (expected_path, &expected, NULL, NULL));
  g_assert_cmpstr (found, ==, expected);
}

/* The same runtime is too old one month later. */
static void
check_runtimes (void)
{
  static const struct { const char *runtime, *version; gint64 now; const char *said; } rows[] = {
    { "org.gnome.Platform", "47", 1761955200, "since about 2025-11; there is 51" },     /* 2025-11-01 */
    { "org.gnome.Platform", "47", 1761955199, NULL },
    { "org.freedesktop.Platform//23.08", NULL, 1764374400, "since about 2025-09; there is 26.08" },
    { "org.freedesktop.Platform/x86_64/25.08", "1", 1764374400, NULL },
    { "org.freedesktop.Sdk", "25.08", 4000000000, "since about 2027-09" },
    { "org.kde.Platform", "5.15-22.08", 1764374400, "since about 2024-05; there is" },
    { "org.kde.Platform", "7.1", 1764374400, NULL },
    { "org.kdevelop.Platform", "6.5", 1764374400, NULL },
    { "org.gnome.Platform", NULL, 1764374400, "the branch \"master\"" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GPtrArray) problems = manifest_problems_new ();
      const Manifest manifest = { .runtime = (char *) rows[i].runtime, .runtime_version = (char *) rows[i].version };

      manifest_lint_runtimes (&manifest, rows[i].now, problems);
      g_assert_cmpuint (problems->len, ==, rows[i].said != NULL ? 1 : 0);
      if (rows[i].said != NULL)
        g_assert_nonnull (strstr (((const ManifestProblem *) problems->pdata[0])->message, rows[i].said));
    }
}

static void
check_clean (gconstpointer path)
{
  g_autofree char *found = warnings_of (path);

  g_assert_cmpstr (found, ==, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/manifest/lint/bad", "bad", check_bad);
  g_test_add_data_func ("/manifest/lint/recipes", "recipes", check_bad);
  g_test_add_data_func ("/manifest/lint/with-errors", "with-errors", check_bad);
  g_test_add_func ("/manifest/lint/runtimes", check_runtimes);
  g_test_add_data_func ("/manifest/lint/good", FOLDER "good/app.yaml", check_clean);
  g_test_add_data_func ("/manifest/lint/two", FOLDER "two/app.yaml", check_clean);
  return g_test_run ();
}
