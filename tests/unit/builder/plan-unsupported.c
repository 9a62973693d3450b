/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a build refuses although it can be planned: tests/plans/unsupported/all.yaml has everything, and its problems
 * beside it (NACELLE_UPDATE_PLANS=1 writes them anew); none.yaml has the same keys with nothing behind them.
 */
#include "builder/plan/unsupported.h"

#include <string.h>

#define FOLDER TESTS_DIR "/plans/unsupported/"

/* A plan that can be made; then what a build says to it, without the folder's name. */
static char *
refusal_of (const char *path, gboolean *ret_ok)
{
  g_autoptr (GPtrArray) problems = manifest_problems_new ();
  g_autoptr (Manifest) manifest = manifest_load (path, problems);
  const BuildPlanOptions options = { .arch = "x86_64" };
  g_autoptr (BuildPlan) plan = manifest != NULL ? build_plan_new (manifest, &options, problems) : NULL;
  g_autofree char *before = manifest_problems_format (problems);
  g_autofree char *text = NULL;
  g_auto (GStrv) parts = NULL;

  g_assert_cmpstr (before, ==, "");
  g_assert_nonnull (plan);
  *ret_ok = build_plan_unsupported (plan, problems);
  text = manifest_problems_format (problems);
  parts = g_strsplit (text, FOLDER, -1);
  return g_strjoinv ("", parts);
}

static void
check_all (void)
{
  gboolean ok = TRUE;
  g_autofree char *found = refusal_of (FOLDER "all.yaml", &ok);
  g_autofree char *expected = NULL;

  g_assert_false (ok);
  if (g_strcmp0 (g_getenv ("NACELLE_UPDATE_PLANS"), "1") == 0)
    g_assert_true (g_file_set_contents (FOLDER "all.yaml.problems", found, -1, NULL));
  g_assert_true (g_file_get_contents (FOLDER "all.yaml.problems", &expected, NULL, NULL));
  g_assert_cmpstr (found, ==, expected);
}

static void
check_none (void)
{
  gboolean ok = FALSE;
  g_autofree char *found = refusal_of (FOLDER "none.yaml", &ok);

  g_assert_true (ok);
  g_assert_cmpstr (found, ==, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plan/unsupported/all", check_all);
  g_test_add_func ("/plan/unsupported/none", check_none);
  return g_test_run ();
}
