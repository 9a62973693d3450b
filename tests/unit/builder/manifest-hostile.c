/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tests/hostile/manifests/: each bad manifest beside the problems that it has to give, word for word; and those that
 * are too large to be kept as files.  The good twins are tests/plans/build/ and manifest-load.c.
 * With NACELLE_UPDATE_PLANS=1 in the environment the expectations are written anew, to be read in the diff.
 */
#include "builder/plan/plan.h"

#include "base/file.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>

#define FOLDER TESTS_DIR "/hostile/manifests"
#define MIB (1024 * 1024)

#if defined(__SANITIZE_ADDRESS__)
#define MEASURE_MEMORY 0
#else
#define MEASURE_MEMORY 1
#endif

/* All problems of loading and planning, without the folder's name. */
static char *
problems_of (const char *path, const char *folder)
{
  g_autoptr (GPtrArray) problems = manifest_problems_new ();
  g_autoptr (Manifest) manifest = manifest_load (path, problems);
  const BuildPlanOptions options = { .arch = "x86_64" };
  g_autoptr (BuildPlan) plan = manifest != NULL ? build_plan_new (manifest, &options, problems) : NULL;
  g_autofree char *text = manifest_problems_format (problems);
  g_autofree char *prefix = g_strconcat (folder, "/", NULL);
  g_auto (GStrv) parts = g_strsplit (text, prefix, -1);

  g_assert_cmpuint (problems->len, >, 0);
  return g_strjoinv ("", parts);
}

static void
check_file (gconstpointer data)
{
  const char *path = data;
  g_autofree char *expected_path = g_strconcat (path, ".problems", NULL);
  g_autofree char *found = problems_of (path, FOLDER);
  g_autofree char *expected = NULL;

  /* CVE-2023-28101: nothing that moves a cursor gets out. */
  for (const char *p = found; *p != '\0'; p++)
    g_assert_true ((guchar) *p >= 0x20 || *p == '\n');
  if (g_strcmp0 (g_getenv ("NACELLE_UPDATE_PLANS"), "1") == 0)
    g_assert_true (g_file_set_contents (expected_path, found, -1, NULL));
  g_assert_true (g_file_get_contents (expected_path, &expected, NULL, NULL));
  g_assert_cmpstr (found, ==, expected);
}

/* A text made of one part many times. */
typedef struct
{
  const char *name;
  const char *before, *part, *after;
  gsize times;
  const char *problem;   /* part of the message that has to come */
} Large;

static const Large large[] = {
  { "depth.yaml", "", "[", "", 100000, "nested deeper than 64" },
  { "depth-of-blocks.yaml", "", "- ", "", 100000, "nested deeper than 64" },
  { "depth-of-keys.yaml", "", "? ", "", 4 * MIB, "nested deeper than 64" },
  { "depth.json", "", "[", "", 8 * MIB - 1, "nested deeper than 64" },
  { "values.yaml", "[", "a,", "]", 4 * MIB - 2, "too many values" },
  { "values.json", "[", "1,", "]", 4 * MIB - 2, "too many values" },
  { "texts.json", "[", "\"\",", "]", 2 * MIB, "too many texts" },
  { "deep-values.yaml", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "[],", "", 2 * MIB, "too many values" },
  { "same-key.yaml", "", "a: 1\n", "", MIB, "a second time" },
  { "aliases.yaml", "- &a x\n", "- *a\n", "", MIB, "too many values" },
  { "scalar.yaml", "id: \"", "x", "\"", 8 * MIB - 10, "the id" },
  { "too-large.yaml", "id: \"", "x", "\"", 17 * MIB, "larger than" },
  { "cve-2014-2525-tag.yaml", "id: !<", "%41", "> x", MIB, "has no meaning" },
  { "tag-directives.yaml", "", "%TAG !abcd! x\n", "---\nx", 8 * MIB / 14 - 1, "tags have no meaning" },
  { "comment.json", "/*", "*", "", 8 * MIB - 2, "has no end" },
  { "colons.yaml", "", ":", "", 8 * MIB - 1, "not valid YAML" },
  { "variables.yaml", "build-options:\n  env:\n  - A=B\n", "  - A=B\n", "", 5000, "more than 1000 variables" },
  { "includes.yaml", "modules:\n", "- part.yaml\n", "", 20000, "too many or too large files" },
};

static void
check_large (gconstpointer data)
{
  const Large *row = data;
  g_autofree char *dir = g_dir_make_tmp ("hostile-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, row->name, NULL);
  g_autofree char *part = g_build_filename (dir, "part.yaml", NULL);
  g_autofree char *found = NULL;
  FILE *file = g_fopen (path, "we");

  g_assert_nonnull (file);
  g_assert_cmpint (fputs (row->before, file), >=, 0);
  for (gsize i = 0; i < row->times; i++)
    (void) fputs (row->part, file);
  (void) fputs (row->after, file);
  g_assert_cmpint (fclose (file), ==, 0);
  g_assert_true (g_file_set_contents (part, "name: part\n", -1, NULL));
  found = problems_of (path, dir);
  g_test_message ("%.300s", found);
  g_assert_nonnull (strstr (found, row->problem));
  g_assert_true (file_remove_tree (AT_FDCWD, dir, NULL));
}

/* Options of the manifest are repeated for each module: 2000 * 100 kB. */
static void
check_plan_bomb (void)
{
  g_autofree char *dir = g_dir_make_tmp ("hostile-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "plan.yaml", NULL);
  g_autoptr (GString) text = g_string_new ("id: org.test.App\nruntime: org.test.Platform\nsdk: org.test.Sdk\n"
                                           "build-options: {cflags: ");
  g_autofree char *flags = g_strnfill (100000, 'x');
  g_autofree char *found = NULL;

  g_string_append_printf (text, "%s}\nmodules:\n", flags);
  for (int i = 0; i < 2000; i++)
    g_string_append (text, "- {name: a, buildsystem: simple}\n");
  g_assert_true (g_file_set_contents (path, text->str, -1, NULL));
  found = problems_of (path, dir);
  g_assert_nonnull (strstr (found, "take more than 64 MiB"));
  g_assert_true (file_remove_tree (AT_FDCWD, dir, NULL));
}

static void
check_memory (void)
{
  struct rusage usage;

  g_assert_cmpint (getrusage (RUSAGE_SELF, &usage), ==, 0);
  g_assert_cmpint (usage.ru_maxrss, <, 200 * 1024);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

int
main (int argc, char **argv)
{
  g_autoptr (GDir) dir = g_dir_open (FOLDER, 0, NULL);
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  g_test_init (&argc, &argv, NULL);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, ".yaml") || g_str_has_suffix (name, ".json"))
      g_ptr_array_add (paths, g_build_filename (FOLDER, name, NULL));
  g_assert_cmpuint (paths->len, >, 0);
  g_ptr_array_sort (paths, compare_names);
  for (guint i = 0; i < paths->len; i++)
    {
      g_autofree char *test = g_strconcat ("/hostile", strrchr (paths->pdata[i], '/'), NULL);

      g_test_add_data_func (test, paths->pdata[i], check_file);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (large); i++)
    {
      g_autofree char *test = g_strconcat ("/hostile/large/", large[i].name, NULL);

      g_test_add_data_func (test, &large[i], check_large);
    }
  g_test_add_func ("/hostile/large/plan", check_plan_bomb);
  if (MEASURE_MEMORY) /* a sanitizer needs memory of its own */
    g_test_add_func ("/hostile/memory", check_memory);
  return g_test_run ();
}
