/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A manifest, from its bytes to all that is said of it: loaded strictly and leniently, planned, printed in each way, checked.  The first
 * byte tells YAML from JSON, and whether leniency is asked for.  It lies in a folder with a module that it may name.
 */
#include "base/file.h"
#include "builder/manifest/lint.h"
#include "builder/plan/json.h"
#include "builder/plan/manifest-json.h"
#include "builder/plan/plan.h"
#include "tests/fuzz/entry.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

static char *folder;

static void
remove_folder (void)
{
  (void) file_remove_tree (AT_FDCWD, folder, NULL);
  g_free (folder);
}

static void
make_folder (void)
{
  g_autofree char *part = NULL;

  folder = g_dir_make_tmp ("fuzz-manifest-XXXXXX", NULL);
  if (folder == NULL)
    abort ();
  part = g_build_filename (folder, "part.json", NULL);
  if (!g_file_set_contents (part, "{\"name\": \"part\", \"buildsystem\": \"simple\", \"build-commands\": [\"x\"], "
                            "\"sources\": [{\"type\": \"file\", \"path\": \"x\"}]}", -1, NULL)
      || atexit (remove_folder) != 0)
    abort ();
}

static void
use_plan (const BuildPlan *plan)
{
  g_autoptr (GPtrArray) keys = g_ptr_array_new ();
  g_autoptr (JsonBuilder) json = json_builder_new ();
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree char *text = build_plan_to_text (plan);

  build_plan_to_json (plan, keys, NULL, json);
  for (guint i = 0; i < plan->modules->len; i++)
    build_plan_digest (plan, plan->modules->pdata[i], checksum);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GPtrArray) problems = manifest_problems_new ();
  g_autoptr (Manifest) manifest = NULL;
  g_autoptr (BuildPlan) plan = NULL;
  g_autoptr (JsonBuilder) json = json_builder_begin_object (json_builder_new ());
  const BuildPlanOptions options = { .arch = "x86_64", .jobs = 1 };
  const ManifestJson foreign = { .foreign = TRUE };
  g_autofree char *path = NULL;
  g_autofree char *said = NULL;

  if (folder == NULL)
    make_folder ();
  if (size == 0 || size > 65536)
    return 0;
  path = g_build_filename (folder, data[0] & 1 ? "a.json" : "a.yaml", NULL);
  if (!g_file_set_contents_full (path, (const char *) data + 1, (gssize) size - 1, G_FILE_SET_CONTENTS_NONE, 0600, NULL))
    abort ();
  manifest = manifest_load_anyway (path, (data[0] & 2) != 0, problems);
  if (manifest != NULL)
    {
      gboolean good = TRUE;

      for (guint i = 0; i < problems->len; i++)
        good = good && !((const ManifestProblem *) problems->pdata[i])->is_error;
      plan = good ? build_plan_new (manifest, &options, problems) : NULL;
      manifest_lint (manifest, 0, problems);
      if (good)
        manifest_json_write (manifest, &foreign, json);
    }
  if (plan != NULL)
    use_plan (plan);
  said = manifest_problems_format (problems);
  (void) g_unlink (path);
  return 0;
}

static const char *const seeds[] = {
  "\0id: org.test.App\nruntime: org.test.Platform\nruntime-version: 6.7\nsdk: org.test.Sdk\ncommand: app\n"
    "finish-args: [--share=network, '--filesystem=~/x:ro', --env=A=b, --metadata=X-A=b]\n"
    "permissions:\n- {read: ~/x, why: y}\nresources: {memory: 1G}\nbuild-options: &o\n  cflags: -O2\n  env: {A: 1, B: }\n"
    "  arch:\n    x86_64: {prefix: /app/x, config-opts: [-x]}\nmodules:\n- part.json\n- name: one\n  build-options: *o\n"
    "  <<: {builddir: true}\n  config-opts: [\"a\\tb\", 'c']\n  build-commands:\n  - |\n    echo x\n  - >-\n    y\n"
    "  sources:\n  - type: archive\n    url: https://a.example/x.tar.gz\n"
    "    sha256: 0123456789012345678901234567890123456789012345678901234567890123\n  - {type: patch, paths: [a.patch]}\n",
  "\1/* c */ {\"id\": \"org.test.App\", \"runtime\": \"org.test.Platform\", \"sdk\": \"org.test.Sdk\",\n\"add-extensions\": {\"org.test.App.X\":"
    " {\"directory\": \"x\", \"autodelete\": true}}, \"cleanup\": [\"/a\", \"*.la\"],\n\"modules\": [\"part.json\", {\"name\": \"two\", "
    "\"buildsystem\": \"meson\", \"only-arches\": [\"x86_64\"], \"modules\": [], \"sources\": [{\"type\": \"git\", \"url\": "
    "\"https://a.example/x.git\", \"tag\": \"v1\\u00e9\"}, {\"type\": \"inline\", \"dest-filename\": \"a\", \"contents\": \"x\ny\"}]}], "
    "\"build-extension\": false, \"x-a\": [1, null, true, -1.5e3]}\n",
  "\2id: org.test.App\nruntime: org.test.P\nsdk: org.test.S\nbuild-runtime: yes\nid: org.test.B\nmodules:\n- name: one\n  sources: {type: zzz}\n"
    "  post-install: 7\n  modules: [{name: 'x', cmake: true, subdir: a/b, sources: [{type: shell, commands: [x]}]}]\n",
  "\3{'id': 'org.test.App', \"a\\q\": 1, \"modules\": [{\"name\": 5, \"builddir\": 1, \"sources\": [{}]}],}",
};

uint8_t *
fuzz_seed (size_t number, size_t *ret_size)
{
  uint8_t *seed;

  if (number >= G_N_ELEMENTS (seeds))
    return NULL;
  /* The first byte may be NUL. */
  *ret_size = 1 + strlen (seeds[number] + 1);
  seed = malloc (*ret_size);
  if (seed == NULL)
    abort ();
  memcpy (seed, seeds[number], *ret_size);
  return seed;
}

const char *const fuzz_words[] = { "\n", "- ", ": ", "  ", "\"", "'", "{", "}", "[", "]", ",", "*a", "&a ", "<<: ", "|\n", "\\", "/*", "*/", "null", "!!str ",
                                   "\xef\xbb\xbf", "\t", "# ", "---\n", "%", "modules:\n", "part.json", "--filesystem=", "\\u0000", NULL };
