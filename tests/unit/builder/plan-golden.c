/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tests/plans/build/: each manifest beside the plan that it gives.  With NACELLE_UPDATE_PLANS=1 in the environment the
 * plans are written anew, to be read in the diff.
 */
#include "builder/plan/plan.h"

#include "bundle/metadata.h"

#include <string.h>

/* What a plan writes is what the runner and the store will read. */
static void
check_metadata (const BuildPlan *plan)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Metadata) metadata = metadata_parse (plan->metadata, strlen (plan->metadata), "metadata", &error);
  g_autofree char *ref = ref_format (plan->ref);
  g_autofree char *stored = NULL;

  g_assert_no_error (error);
  g_assert_cmpint (metadata->kind, ==, plan->ref->kind);
  g_assert_cmpstr (metadata->id, ==, plan->ref->id);
  g_assert_cmpstr (metadata->command, ==, plan->manifest->command);
  stored = g_key_file_get_string (metadata->keyfile, "Nacelle Bundle", "ref", NULL);
  g_assert_cmpstr (stored, ==, ref);
}

static void
check_plan (gconstpointer data)
{
  const char *path = data;
  g_autoptr (GPtrArray) problems = manifest_problems_new ();
  g_autoptr (Manifest) manifest = manifest_load (path, problems);
  const BuildPlanOptions options = { .arch = "x86_64", .jobs = 7 };
  const BuildPlanOptions more_jobs = { .arch = "x86_64", .jobs = 8 };
  g_autoptr (BuildPlan) plan = NULL;
  g_autoptr (BuildPlan) other = NULL;
  g_autofree char *golden_path = g_strconcat (path, ".plan", NULL);
  g_autofree char *text = NULL, *again = NULL, *golden = NULL, *found = NULL;

  plan = manifest != NULL ? build_plan_new (manifest, &options, problems) : NULL;
  found = manifest_problems_format (problems);
  g_assert_cmpstr (found, ==, "");
  text = build_plan_to_text (plan);
  other = build_plan_new (manifest, &more_jobs, problems);
  again = build_plan_to_text (other);
  g_assert_cmpstr (text, ==, again);
  check_metadata (plan);
  if (g_strcmp0 (g_getenv ("NACELLE_UPDATE_PLANS"), "1") == 0)
    g_assert_true (g_file_set_contents (golden_path, text, -1, NULL));
  g_assert_true (g_file_get_contents (golden_path, &golden, NULL, NULL));
  g_assert_cmpstr (text, ==, golden);
}

int
main (int argc, char **argv)
{
  g_autoptr (GDir) dir = g_dir_open (TESTS_DIR "/plans/build", 0, NULL);
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  g_test_init (&argc, &argv, NULL);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, ".yaml") || g_str_has_suffix (name, ".json"))
      {
        g_autofree char *test = g_strconcat ("/plan/golden/", name, NULL);

        g_ptr_array_add (paths, g_build_filename (TESTS_DIR "/plans/build", name, NULL));
        g_test_add_data_func (test, paths->pdata[paths->len - 1], check_plan);
      }
  g_assert_cmpuint (paths->len, >, 0);
  return g_test_run ();
}
