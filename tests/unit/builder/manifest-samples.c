/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Real manifests: our own, and public ones where there are some: NACELLE_SAMPLES names a folder that holds ID/ID.json
 * (or .yaml, .yml).
 * Each must load and have a plan, a key given twice apart; and that too where flatpak-builder's leniency is asked for.
 */
#include "builder/plan/plan.h"

#include <string.h>

static char *
find_manifest (const char *folder, const char *id)
{
  static const char *const suffixes[] = { ".json", ".yaml", ".yml" };

  for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *name = g_strconcat (id, suffixes[i], NULL);
      g_autofree char *path = g_build_filename (folder, id, name, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
        return g_steal_pointer (&path);
    }
  return NULL;
}

static void
check_sample (const char *path, gboolean compat)
{
  g_autoptr (GPtrArray) problems = manifest_problems_new ();
  g_autoptr (Manifest) manifest = manifest_load_full (path, compat, problems);
  const BuildPlanOptions options = { .arch = "x86_64" };
  g_autoptr (BuildPlan) plan = manifest != NULL ? build_plan_new (manifest, &options, problems) : NULL;
  g_autofree char *text = plan != NULL ? build_plan_to_text (plan) : NULL;

  g_test_message ("%s: %s", path, text != NULL ? "has a plan" : "refused");
  for (guint i = 0; i < problems->len; i++)
    {
      const ManifestProblem *problem = g_ptr_array_index (problems, i);

      if (!problem->is_error || (!compat && strstr (problem->message, "is here a second time") != NULL))
        continue;
      g_test_message ("%s:%u:%u: %s", problem->place.file, problem->place.line, problem->place.column, problem->message);
      g_test_fail ();
    }
  g_assert_true (!compat || text != NULL);
}

/* `data`: a folder of folders ID, each with the manifest of that id. */
static void
check_folder (gconstpointer data)
{
  g_autoptr (GDir) dir = g_dir_open (data, 0, NULL);
  const char *id;
  guint n = 0;

  g_assert_nonnull (dir);
  while ((id = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = find_manifest (data, id);

      if (path == NULL)
        continue;
      check_sample (path, FALSE);
      check_sample (path, TRUE);
      n++;
    }
  g_assert_cmpuint (n, >, 0);
}

int
main (int argc, char **argv)
{
  const char *folder = g_getenv ("NACELLE_SAMPLES");

  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/manifest/samples/runtimes", SOURCE_DIR "/runtimes", check_folder);
  g_test_add_data_func ("/manifest/samples/examples", SOURCE_DIR "/manifests", check_folder);
  if (folder != NULL)
    g_test_add_data_func ("/manifest/samples/public", folder, check_folder);
  return g_test_run ();
}
