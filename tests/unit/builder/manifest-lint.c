/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tests/plans/lint/: what `appbuild check` warns of.  bad/ has the warnings beside it (NACELLE_UPDATE_PLANS=1 writes them anew), good/ its
 * twin without any; in two/ files that nothing names may be those of the other manifest.
 */
#include "builder/manifest/lint.h"

#include <string.h>

#define FOLDER TESTS_DIR "/plans/lint/"

static char *
warnings_of (const char *path)
{
  g_autoptr (GPtrArray) problems = manifest_problems_new ();
  g_autoptr (GPtrArray) all = manifest_problems_new ();
  g_autoptr (Manifest) manifest = manifest_load (path, all);
  g_autofree char *text = NULL;
  g_auto (GStrv) parts = NULL;

  g_assert_nonnull (manifest);
  manifest_lint (manifest, problems);
  for (guint i = 0; i < problems->len; i++)
    g_assert_false (((const ManifestProblem *) problems->pdata[i])->is_error);
  text = manifest_problems_format (problems);
  parts = g_strsplit (text, FOLDER, -1);
  return g_strjoinv ("", parts);
}

static void
check_bad (void)
{
  g_autofree char *found = warnings_of (FOLDER "bad/app.yaml");
  g_autofree char *expected = NULL;

  if (g_strcmp0 (g_getenv ("NACELLE_UPDATE_PLANS"), "1") == 0)
    g_assert_true (g_file_set_contents (FOLDER "bad.problems", found, -1, NULL));
  g_assert_true (g_file_get_contents (FOLDER "bad.problems", &expected, NULL, NULL));
  g_assert_cmpstr (found, ==, expected);
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
  g_test_add_func ("/manifest/lint/bad", check_bad);
  g_test_add_data_func ("/manifest/lint/good", FOLDER "good/app.yaml", check_clean);
  g_test_add_data_func ("/manifest/lint/two", FOLDER "two/app.yaml", check_clean);
  return g_test_run ();
}
