/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Cache keys: what changes them and what must not.
 */
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/key.h"

#define HEAD "{\"id\": \"org.example.Key\", \"runtime\": \"org.example.Platform\", \"runtime-version\": \"1\", " \
             "\"sdk\": \"org.example.Sdk\", \"command\": \"x\""
#define FIRST "{\"name\": \"first\", \"buildsystem\": \"simple\", \"build-commands\": [\"echo 1\"], " \
              "\"sources\": [{\"type\": \"file\", \"path\": \"a.txt\"}]}"
#define SECOND "{\"name\": \"second\", \"buildsystem\": \"simple\", \"build-commands\": [\"echo 2\"]}"
#define MANIFEST(modules) HEAD ", \"modules\": [" modules "]}"

/* Everything that stays the same unless a case changes it. */
typedef struct
{
  const char *manifest;
  const char *source;
  const char *sdk;
  const char *folder;      /* below the fixture's */
  unsigned jobs;
  int level;
  gboolean split, sources;
  const char *catalogue;
  const char *runtime;
} Input;

static const Input usual = { MANIFEST (FIRST ", " SECOND), "content", "sdk-checksum", "one", 1, 0 };

typedef struct
{
  char *path;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->path = g_mkdtemp (g_build_filename (g_get_tmp_dir (), "nacelle-key-XXXXXX", NULL));
  g_assert_nonnull (fixture->path);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_true (file_remove_tree (AT_FDCWD, fixture->path, NULL));
  g_free (fixture->path);
}

/* base, first, second (as far as there are modules), image */
static GPtrArray *
keys_of (Fixture *fixture, const Input *input)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) problems = manifest_problems_new ();
  g_autofree char *folder = g_build_filename (fixture->path, input->folder, NULL);
  g_autofree char *path = g_build_filename (folder, "manifest.json", NULL);
  g_autofree char *source = g_build_filename (folder, "a.txt", NULL);
  GPtrArray *keys = g_ptr_array_new_with_free_func (g_free);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0755), ==, 0);
  g_assert_true (g_file_set_contents (path, input->manifest, -1, &error));
  g_assert_true (g_file_set_contents (source, input->source, -1, &error));
  autofd cache = file_open (AT_FDCWD, fixture->path, O_RDONLY | O_DIRECTORY, 0, &error);
  g_assert_no_error (error);

  g_autoptr (Manifest) manifest = manifest_load (path, problems);
  g_autofree char *text = manifest_problems_format (problems);
  g_assert_cmpstr (text, ==, "");
  const BuildPlanOptions options = { .arch = "x86_64", .jobs = input->jobs };
  g_autoptr (BuildPlan) plan = build_plan_new (manifest, &options, problems);
  g_assert_nonnull (plan);
  const SourceContext context = { .cache_fd = cache, .arch = "x86_64", .offline = TRUE, .state_fd = -1 };
  g_autoptr (GPtrArray) bases = key_parts_new ();
  key_parts_add (bases, "sdk", input->sdk);
  g_ptr_array_add (keys, key_of_base (plan, bases));
  for (guint i = 0; i < plan->modules->len; i++)
    {
      char *key = key_of_module (keys->pdata[i], plan, plan->modules->pdata[i], &context, &error);

      g_assert_no_error (error);
      g_ptr_array_add (keys, key);
    }
  const ImageKeyOptions image = { input->level, input->split, input->sources, input->catalogue, input->runtime };
  g_ptr_array_add (keys, key_of_image (keys->pdata[keys->len - 1], plan, &image));
  return keys;
}

/* From which key on the two differ; -1: nowhere. */
static int
first_difference (Fixture *fixture, const Input *other)
{
  g_autoptr (GPtrArray) a = keys_of (fixture, &usual);
  g_autoptr (GPtrArray) b = keys_of (fixture, other);
  int first = -1;

  g_assert_cmpuint (a->len, ==, b->len);
  for (guint i = 0; i < a->len; i++)
    {
      gboolean differ = strcmp (a->pdata[i], b->pdata[i]) != 0;

      g_assert_cmpuint (strlen (a->pdata[i]), ==, 64);
      if (first >= 0)
        g_assert_true (differ); /* each key contains the one before */
      else if (differ)
        first = (int) i;
    }
  return first;
}

#define SECOND_CHANGED "{\"name\": \"second\", \"buildsystem\": \"simple\", \"build-commands\": [\"echo 3\"]}"
#define FIRST_CHANGED "{\"name\": \"first\", \"buildsystem\": \"simple\", \"build-commands\": [\"echo 1 \"], " \
                      "\"sources\": [{\"type\": \"file\", \"path\": \"a.txt\"}]}"
#define FIRST_DEST "{\"name\": \"first\", \"buildsystem\": \"simple\", \"build-commands\": [\"echo 1\"], " \
                   "\"sources\": [{\"type\": \"file\", \"path\": \"a.txt\", \"dest\": \"sub\"}]}"

static void
test_what_changes_a_key (Fixture *fixture, gconstpointer data)
{
  const struct
  {
    const char *what;
    Input input;
    int first;
  } cases[] = {
    { "nothing", usual, -1 },
    { "another folder", { usual.manifest, "content", "sdk-checksum", "two", 1, 0 }, -1 },
    { "more jobs", { usual.manifest, "content", "sdk-checksum", "one", 7, 0 }, -1 },
    { "layout of the manifest", { "\n\n" MANIFEST (FIRST ",\n\n" SECOND), "content", "sdk-checksum", "one", 1, 0 }, -1 },
    { "another SDK", { usual.manifest, "content", "other", "one", 1, 0 }, 0 },
    { "content of a source", { usual.manifest, "Content", "sdk-checksum", "one", 1, 0 }, 1 },
    { "command of the first", { MANIFEST (FIRST_CHANGED ", " SECOND), "content", "sdk-checksum", "one", 1, 0 }, 1 },
    { "place of a source", { MANIFEST (FIRST_DEST ", " SECOND), "content", "sdk-checksum", "one", 1, 0 }, 1 },
    { "order", { MANIFEST (SECOND ", " FIRST), "content", "sdk-checksum", "one", 1, 0 }, 1 },
    { "command of the second", { MANIFEST (FIRST ", " SECOND_CHANGED), "content", "sdk-checksum", "one", 1, 0 }, 2 },
    { "cleanup", { HEAD ", \"cleanup\": [\"*.a\"], \"modules\": [" FIRST ", " SECOND "]}", "content", "sdk-checksum", "one", 1, 0 }, 3 },
    { "icon",
      { HEAD ", \"rename-icon\": \"old\", \"modules\": [" FIRST ", " SECOND "]}", "content", "sdk-checksum", "one", 1, 0 }, 3 },
    { "permission",
      { HEAD ", \"finish-args\": [\"--share=network\"], \"modules\": [" FIRST ", " SECOND "]}", "content", "sdk-checksum", "one", 1, 0 },
      3 },
    { "compression", { usual.manifest, "content", "sdk-checksum", "one", 1, 15 }, 3 },
    { "translations apart", { usual.manifest, "content", "sdk-checksum", "one", 1, 0, TRUE, FALSE, NULL, NULL }, 3 },
    { "with sources", { usual.manifest, "content", "sdk-checksum", "one", 1, 0, FALSE, TRUE, NULL, NULL }, 3 },
    { "catalogue data", { usual.manifest, "content", "sdk-checksum", "one", 1, 0, FALSE, FALSE, "no", NULL }, 3 },
    { "another runtime", { usual.manifest, "content", "sdk-checksum", "one", 1, 0, FALSE, FALSE, NULL, "other" }, 3 },
    { "no separate translations",
      { HEAD ", \"separate-locales\": false, \"modules\": [" FIRST ", " SECOND "]}", "content", "sdk-checksum", "one", 1, 0 }, 1 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      int first = first_difference (fixture, &cases[i].input);

      if (first != cases[i].first)
        g_test_message ("%s", cases[i].what);
      g_assert_cmpint (first, ==, cases[i].first);
    }
}

static void
test_epoch (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) before = keys_of (fixture, &usual);

  g_setenv ("SOURCE_DATE_EPOCH", "5", TRUE);
  g_autoptr (GPtrArray) given = keys_of (fixture, &usual);
  g_setenv ("SOURCE_DATE_EPOCH", "no number", TRUE);
  g_autoptr (GPtrArray) wrong = keys_of (fixture, &usual);
  g_unsetenv ("SOURCE_DATE_EPOCH");
  g_assert_cmpstr (before->pdata[0], !=, given->pdata[0]);
  g_assert_cmpstr (before->pdata[0], ==, wrong->pdata[0]);
}

int
main (int argc, char **argv)
{
  g_unsetenv ("SOURCE_DATE_EPOCH");
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/key/what-changes-a-key", Fixture, NULL, set_up, test_what_changes_a_key, tear_down);
  g_test_add ("/key/epoch", Fixture, NULL, set_up, test_epoch, tear_down);
  return g_test_run ();
}
