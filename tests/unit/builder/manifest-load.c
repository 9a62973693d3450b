/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/manifest/manifest.h"

#include "base/file.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* A folder with the files of one manifest. */
typedef struct
{
  char *dir;
  GPtrArray *problems;
  Manifest *manifest;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->dir = g_dir_make_tmp ("manifest-XXXXXX", NULL);
  fixture->problems = manifest_problems_new ();
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_true (file_remove_tree (AT_FDCWD, fixture->dir, NULL));
  g_free (fixture->dir);
  g_ptr_array_unref (fixture->problems);
  manifest_free (fixture->manifest);
}

static void
put (Fixture *fixture, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (fixture->dir, name, NULL);
  g_autofree char *dir = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (dir, 0755), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
load (Fixture *fixture, const char *name)
{
  g_autofree char *path = g_build_filename (fixture->dir, name, NULL);

  g_ptr_array_set_size (fixture->problems, 0);
  g_clear_pointer (&fixture->manifest, manifest_free);
  fixture->manifest = manifest_load (path, fixture->problems);
}

/* All problems without the name of the temporary folder. */
static char *
report (Fixture *fixture)
{
  g_autofree char *text = manifest_problems_format (fixture->problems);
  g_autofree char *prefix = g_strconcat (fixture->dir, "/", NULL);
  g_auto (GStrv) parts = g_strsplit (text, prefix, -1);

  return g_strjoinv ("", parts);
}

static void
assert_loads (Fixture *fixture, const char *name, const char *text)
{
  g_autofree char *found = NULL;

  put (fixture, name, text);
  load (fixture, name);
  found = report (fixture);
  g_assert_cmpstr (found, ==, "");
  g_assert_nonnull (fixture->manifest);
}

static void
assert_problems (Fixture *fixture, const char *name, const char *text, const char *expected)
{
  g_autofree char *found = NULL;

  put (fixture, name, text);
  load (fixture, name);
  found = report (fixture);
  g_assert_cmpstr (found, ==, expected);
}

#define HEAD_YAML "id: org.test.App\nruntime: org.test.Platform\nsdk: org.test.Sdk\n"
#define MODULES_YAML "modules:\n- name: one\n  buildsystem: simple\n  build-commands: [\"true\"]\n"
#define HEAD_JSON "{\"id\": \"org.test.App\", \"runtime\": \"org.test.Platform\", \"sdk\": \"org.test.Sdk\",\n"

static const ManifestModule *
module_at (const GPtrArray *modules, guint i)
{
  g_assert_cmpuint (i, <, modules->len);
  return g_ptr_array_index (modules, i);
}

static const ManifestSource *
source_at (const ManifestModule *module, guint i)
{
  g_assert_cmpuint (i, <, module->sources->len);
  return g_ptr_array_index (module->sources, i);
}

static void
test_yaml (Fixture *fixture, gconstpointer data)
{
  const Manifest *manifest;

  assert_loads (fixture, "a.yaml",
                HEAD_YAML "runtime-version: 6.7\ncommand: app\nbranch: 1e3\ntags: no\n" MODULES_YAML
                          "  cleanup: '*.la'\n  builddir: yes\n  sources:\n  - type: archive\n"
                          "    url: https://a.example/x.tar.gz\n    sha256: " /* 64 digits: */
                          "0123456789012345678901234567890123456789012345678901234567890123\n"
                          "    strip-components: 0\n    x-checker-data: {any: [thing]}\n");
  manifest = fixture->manifest;
  g_assert_cmpstr (manifest->runtime_version, ==, "6.7");
  g_assert_cmpstr (manifest->branch, ==, "1e3");
  g_assert_cmpstr (manifest->tags[0], ==, "no");
  g_assert_cmpstr (manifest->dir, ==, fixture->dir);
  g_assert_cmpstr (module_at (manifest->modules, 0)->cleanup[0], ==, "*.la");
  g_assert_null (module_at (manifest->modules, 0)->cleanup[1]);
  g_assert_true (module_at (manifest->modules, 0)->builddir);
  g_assert_cmpint (source_at (module_at (manifest->modules, 0), 0)->strip_components, ==, 0);
  g_assert_cmpuint (module_at (manifest->modules, 0)->place.line, ==, 9);
  g_assert_cmpuint (module_at (manifest->modules, 0)->place.column, ==, 3);
}

static void
test_json (Fixture *fixture, gconstpointer data)
{
  const ManifestModule *module;

  assert_loads (fixture, "a.json",
                HEAD_JSON "/* a \"comment\" */ \"modules\": [ // another\n"
                          "\t{\"name\":\"one\",\"buildsystem\":\"simple\", # third\n"
                          "\"build-commands\":[\"a /* no comment */ // # \\/ \\u00e9 \\uD83D\\uDE00 \\\"\\\\\",\n"
                          "\"two\nlines\", \"--- \n--- x\"],\n \"//\": {\"a\": 1}, \"x-b\": [true, null, -1.5e3] }\n]}\n");
  module = module_at (fixture->manifest->modules, 0);
  g_assert_cmpstr (module->build_commands[0], ==, "a /* no comment */ // # / \303\251 \360\237\230\200 \"\\");
  g_assert_cmpstr (module->build_commands[1], ==, "two\nlines");
  g_assert_cmpstr (module->build_commands[2], ==, "--- \n--- x");
  g_assert_null (module->build_commands[3]);
}

static void
test_json_problems (Fixture *fixture, gconstpointer data)
{
  assert_problems (fixture, "a.json", HEAD_JSON " \"é\": 1,\t\"modlues\": [] }",
                   "a.json:1:1: error: \"modules\" is missing or empty; there is nothing to build\n"
                   "a.json:2:2: error: unknown key \"é\" of the manifest\n"
                   "a.json:2:10: error: unknown key \"modlues\" of the manifest; did you mean \"modules\"?\n");
}

/* Editors and programs write files in more ways than one. */
static void
test_line_ends (Fixture *fixture, gconstpointer data)
{
  const char *json = "\xef\xbb\xbf{\"id\" /* x */\r\n // y\r\n\t:\r\n\"org.test.App\",\r\n\"runtime\"\r\n:\"org.test.Platform\","
                     "\r\n\"sdk\" : \"org.test.Sdk\",\"modules\":[{\"name\":\"one\",\"build-commands\":[\"a\r\nb\"]}]}";

  assert_loads (fixture, "a.json", json);
  g_assert_cmpstr (fixture->manifest->runtime, ==, "org.test.Platform");
  g_assert_cmpstr (module_at (fixture->manifest->modules, 0)->build_commands[0], ==, "a\nb");
  g_assert_cmpuint (module_at (fixture->manifest->modules, 0)->place.line, ==, 7);
  g_assert_cmpuint (module_at (fixture->manifest->modules, 0)->place.column, ==, 35);
  assert_loads (fixture, "b.yaml", "\xef\xbb\xbfid: org.test.App\r\nruntime: org.test.Platform\r\nsdk: org.test.Sdk\r\n"
                                   "modules:\r\n- name: one\r\n  build-commands:\r\n  - |\r\n    a\r\n    b");
  g_assert_cmpuint (module_at (fixture->manifest->modules, 0)->place.line, ==, 5);
  assert_problems (fixture, "c.json", "{\"id\",\n:1}",
                   "c.json:1:6: error: a ':' is missing here, between the key \"id\" and ','\n    1 | {\"id\",\n      |      ^\n");
}

static void
test_anchors (Fixture *fixture, gconstpointer data)
{
  const ManifestModule *one, *two;

  assert_loads (fixture, "a.yml",
                HEAD_YAML "x-base: &base\n  buildsystem: simple\n  build-commands: &c [a, b]\n"
                          "x-more: &more\n  subdir: sub\n  buildsystem: meson\n"
                          "modules:\n- <<: *base\n  name: one\n  post-install: *c\n"
                          "- name: two\n  build-commands: [z]\n  <<: [*base, *more]\n");
  one = module_at (fixture->manifest->modules, 0);
  two = module_at (fixture->manifest->modules, 1);
  g_assert_cmpstr (one->buildsystem, ==, "simple");
  g_assert_cmpstr (one->post_install[1], ==, "b");
  g_assert_cmpstr (two->build_commands[0], ==, "z");
  g_assert_cmpstr (two->buildsystem, ==, "simple");
  g_assert_cmpstr (two->subdir, ==, "sub");
}

static void
test_types (Fixture *fixture, gconstpointer data)
{
  assert_problems (fixture, "a.yaml",
                   HEAD_YAML "command: [a]\nbuild-runtime: \"true\"\ntags: {a: b}\n"
                             "modules:\n- name: one\n  builddir: maybe\n  cleanup: [[a]]\n  build-options: 3\n"
                             "  sources:\n  - type: patch\n    path: p\n    strip-components: x\n  - 5.5.diff:\n  - [z]\n",
                   "a.yaml:4:10: error: \"command\" wants a text, as in command: 'x'; here is a list\n"
                   "a.yaml:5:16: error: \"build-runtime\" wants true or false, without quotes, as in build-runtime: true; here is the text \"true\"\n"
                   "a.yaml:6:7: error: \"tags\" wants a list of texts, as in tags: [x, y]; here is a map of keys\n"
                   "a.yaml:9:13: error: \"builddir\" wants true or false, without quotes, as in builddir: true; here is \"maybe\"\n"
                   "a.yaml:10:13: error: \"cleanup\" wants texts in its list, as in cleanup: [x, y]; here is a list\n"
                   "a.yaml:11:18: error: \"build-options\" wants a map of build options, as in build-options: {cflags: -O2}; here is \"3\"\n"
                   "a.yaml:15:23: error: \"strip-components\" wants a whole number, without quotes, as in strip-components: 1; here is \"x\"\n"
                   "a.yaml:16:5: error: a source needs \"type\", such as type: archive\n"
                   "a.yaml:17:5: error: \"sources\" wants maps or names of files in its list; here is a list\n");
}

static void
test_env (Fixture *fixture, gconstpointer data)
{
  const GPtrArray *env;
  const ManifestVariable *variable;

  assert_loads (fixture, "a.yaml",
                HEAD_YAML MODULES_YAML "build-options:\n  env:\n    A: 007\n    B:\n    C: ''\n"
                                       "  arch:\n    x86_64:\n      env: [D=e=f]\n");
  env = fixture->manifest->build_options->env;
  g_assert_cmpuint (env->len, ==, 3);
  variable = g_ptr_array_index (env, 0);
  g_assert_cmpstr (variable->value, ==, "007");
  variable = g_ptr_array_index (env, 1);
  g_assert_null (variable->value);
  variable = g_ptr_array_index (env, 2);
  g_assert_cmpstr (variable->value, ==, "");
  env = ((ManifestBuildOptions *) g_hash_table_lookup (fixture->manifest->build_options->arch, "x86_64"))->env;
  variable = g_ptr_array_index (env, 0);
  g_assert_cmpstr (variable->name, ==, "D");
  g_assert_cmpstr (variable->value, ==, "e=f");
  assert_problems (fixture, "a.yaml",
                   HEAD_YAML MODULES_YAML "build-options:\n  env: {A=B: c, '': d, 1A: e}\n  arch:\n    a/b: {}\n"
                                          "    arm: {arch: {i386: {}}}\n",
                   "a.yaml:9:9: error: \"env\": \"A=B\" is no name of an environment variable; those are letters, digits, "
                   "'_', '-' and '.'\n"
                   "a.yaml:9:17: error: \"env\": \"\" is no name of an environment variable; those are letters, digits, "
                   "'_', '-' and '.'\n"
                   "a.yaml:9:24: error: \"env\": \"1A\" is no name of an environment variable; those are letters, digits, "
                   "'_', '-' and '.'\n"
                   "a.yaml:11:5: error: \"arch\": the architecture \"a/b\" is not letters, digits and '_'\n"
                   "a.yaml:12:11: error: \"arch\" does not belong to build options of this kind\n");
}

/* What is on this machine is a path, however it was written. */
static void
test_local_urls (Fixture *fixture, gconstpointer data)
{
  const ManifestModule *module;

  assert_loads (fixture, "a.yaml",
                HEAD_YAML "modules:\n- name: one\n  sources:\n  - {type: git, url: 'file:///srv/a%20b', commit: "
                          "0000000000000000000000000000000000000000}\n  - {type: git, url: 'https://a.example/x', commit: "
                          "0000000000000000000000000000000000000000}\n");
  module = module_at (fixture->manifest->modules, 0);
  g_assert_cmpstr (source_at (module, 0)->path, ==, "/srv/a b");
  g_assert_null (source_at (module, 0)->url);
  g_assert_nonnull (source_at (module, 1)->url);
}

/* What a beginner wrote, and the way out. */
static void
test_remedies (Fixture *fixture, gconstpointer data)
{
  assert_problems (fixture, "a.yaml",
                   HEAD_YAML "build-options:\n  modules: []\ntag: x\nfinish-args:\n- --share=network --share=ipc\n"
                             "modules:\n- name: one\n  buildsystem: cargo\n  build-commands:\n    make\n    make install\n"
                             "  sources:\n  - {type: archive, url: a.example/x.tar, sha256: 'sha256:12'}\n"
                             "  - {type: dir, path: ., url: 'https://a.example'}\n  - {type: git, url: 'git@a.example:x'}\n"
                             "- parts/none.json\n",
                   "a.yaml:5:3: error: \"modules\" is no key of build options, but of the manifest and of a module; is it indented as it should "
                   "be?\n"
                   "a.yaml:6:1: error: unknown key \"tag\" of the manifest; did you mean \"tags\"?\n"
                   "a.yaml:8:3: error: \"finish-args\": --share: \"network --share=ipc\" is no word of shared; it knows network, ipc; are "
                   "these several arguments? Each is an item of the list\n"
                   "a.yaml:11:16: error: \"buildsystem\": \"cargo\" is unknown; it can be one of autotools, cmake, cmake-ninja, meson, qmake, "
                   "simple; with simple, \"build-commands\" can be those of any other\n"
                   "a.yaml:13:5: warning: \"build-commands\": these lines are one text, with blanks between them; each item of a list begins "
                   "with \"- \"\n"
                   "a.yaml:16:26: error: \"url\": \"a.example/x.tar\" has no scheme in front; did you mean https://a.example/x.tar?\n"
                   "a.yaml:16:51: error: \"sha256\": \"sha256:12\" has the name of the digest in front; the key says it already, so only 12 "
                   "stays\n"
                   "a.yaml:17:26: error: \"url\" does not belong to a source of this kind; it is for the types archive, file, git, svn, bzr, "
                   "extra-data\n"
                   "a.yaml:18:5: warning: this source has no \"commit\", so another build may get something else; git ls-remote URL BRANCH "
                   "prints one\n"
                   "a.yaml:18:22: error: \"url\": \"git@a.example:x\" is an address for SSH, which wants a key of yours; what is public is at "
                   "https://HOST/PATH too\n"
                   "a.yaml:19:3: error: cannot read this part of the manifest: cannot open 'parts/none.json': No such file or directory; if its "
                   "folder is a submodule of git: git submodule update --init\n");
}

static void
test_includes (Fixture *fixture, gconstpointer data)
{
  const ManifestModule *module;

  put (fixture, "mod/one.json", "{\"name\": \"one\", \"sources\": [\"../list.yaml\"], \"modules\": [\"deep/two.yml\"]}");
  put (fixture, "mod/deep/two.yml", "name: two\nsources: [{type: patch, path: p.diff}]\n");
  put (fixture, "list.yaml", "- {type: dir, path: .}\n- sub/one-source.json\n");
  put (fixture, "sub/one-source.json", "{\"type\": \"shell\", \"commands\": \"ls\"}");
  assert_loads (fixture, "a.yaml", HEAD_YAML "modules: mod/one.json\n");
  module = module_at (fixture->manifest->modules, 0);
  g_assert_cmpuint (module->sources->len, ==, 2);
  g_assert_cmpstr (source_at (module, 0)->base_dir, ==, fixture->dir);
  g_assert_true (g_str_has_suffix (source_at (module, 1)->base_dir, "/sub"));
  /* A manifest that is in a folder of the program. */
  put (fixture, "mod/flatpak/a.yaml", HEAD_YAML "modules: [../one.json]\n");
  load (fixture, "mod/flatpak/a.yaml");
  g_assert_nonnull (fixture->manifest);
  g_assert_cmpstr (source_at (module_at (fixture->manifest->modules, 0), 0)->base_dir, ==, fixture->dir);
  g_assert_cmpstr (fixture->manifest->files->pdata[1], ==, "../one.json");
  assert_loads (fixture, "a.yaml", HEAD_YAML "modules: mod/one.json\n");
  module = module_at (fixture->manifest->modules, 0);
  module = module_at (module->modules, 0);
  g_assert_true (g_str_has_suffix (source_at (module, 0)->base_dir, "/mod/deep"));
  g_assert_true (g_str_has_suffix (module->place.file, "/mod/deep/two.yml"));
}

static void
test_includes_refused (Fixture *fixture, gconstpointer data)
{
  put (fixture, "top/loop.yaml", "name: loop\nmodules: [sub/../again.yaml]\n");
  put (fixture, "top/again.yaml", "name: again\nmodules: [loop.yaml]\n");
  put (fixture, "outside", "name: outside\n");
  put (fixture, "outside.yaml", "name: outside\n");
  put (fixture, "top/list.yaml", "[]\n");
  g_autofree char *link = g_build_filename (fixture->dir, "top", "link.yaml", NULL);
  g_assert_cmpint (symlink ("../outside.yaml", link), ==, 0);

  assert_problems (fixture, "top/a.yaml",
                   HEAD_YAML "modules:\n- loop.yaml\n- ../outside\n- /etc/passwd\n- https://a.example/b.json\n"
                             "- list.yaml\n- a.yaml\n- .\n",
                   "top/a.yaml:6:3: error: \"../outside\" is outside of the manifest's folder and no file that ends in "
                   ".json, .yaml or .yml\n"
                   "top/a.yaml:7:3: error: \"/etc/passwd\" is an absolute path; parts of a manifest are files beside it\n"
                   "top/a.yaml:8:3: error: \"https://a.example/b.json\" is a URL; parts of a manifest are files beside "
                   "it\n"
                   "top/a.yaml:10:3: error: \"a.yaml\" is already being read: the files name each other in a circle\n"
                   "top/a.yaml:11:3: error: \".\" is outside of the manifest's folder and no file that ends in "
                   ".json, .yaml or .yml\n"
                   "top/again.yaml:2:11: error: \"loop.yaml\" is already being read: the files name each other in a "
                   "circle\n"
                   "top/list.yaml:1:1: error: \"modules\" wants one module, a map, in this file; here is a list\n");
  put (fixture, "top/a.yaml", HEAD_YAML "modules: [link.yaml]\n");
  load (fixture, "top/a.yaml");
  g_assert_null (fixture->manifest);
}

/* What flatpak-builder takes and public manifests have. */
static void
test_lenient (Fixture *fixture, gconstpointer data)
{
  const ManifestModule *module;
  const ManifestSource *source;
  g_autofree char *found = NULL;

  put (fixture, "a.yaml", HEAD_YAML "modules:\n- name: one\n  cmake: true\n  sources:\n"
                                    "  - {type: git, url: https://a.example/x, commit: llvmorg-19-init}\n");
  load (fixture, "a.yaml");
  found = report (fixture);
  g_assert_nonnull (fixture->manifest);
  g_assert_cmpstr (found, ==, "a.yaml:8:43: warning: \"commit\": this is a name and no commit; it is taken for a tag, which may move\n");
  module = fixture->manifest->modules->pdata[0];
  source = module->sources->pdata[0];
  g_assert_cmpstr (source->tag, ==, "llvmorg-19-init");
  g_assert_null (source->commit);
  g_assert_cmpstr (module->buildsystem, ==, "cmake");
  g_assert_true (fixture->manifest->separate_locales && fixture->manifest->appstream_compose);
}

static void
test_compat (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->dir, "a.yaml", NULL);
  g_autofree char *found = NULL;

  put (fixture, "a.yaml", HEAD_YAML "command: first\ncommand: second\nruntime-versoin: '1'\n"
                                    "modules:\n- {name: one, buildsystem: simple, url: x}\n");
  load (fixture, "a.yaml");
  g_assert_null (fixture->manifest);
  g_ptr_array_set_size (fixture->problems, 0);
  fixture->manifest = manifest_load_full (path, TRUE, fixture->problems);
  found = report (fixture);
  g_assert_nonnull (fixture->manifest);
  g_assert_cmpstr (fixture->manifest->command, ==, "second");
  g_assert_cmpuint (fixture->problems->len, ==, 3);
  g_assert_null (strstr (found, "error"));
}

/* What flatpak-builder ignores with a word on stderr. */
static void
test_compat_types (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->dir, "a.yaml", NULL);
  g_autofree char *found = NULL;
  const ManifestModule *module;

  put (fixture, "a.yaml", HEAD_YAML "app-id: org.test.Second\nseparate-locales: 'no'\ntoken-type: x\ntags: {a: 1}\nbuild-options: text\n"
                                    "finish-args: [--share, network, --filesystem=/usr, nothing, --env=A=b,\n"
                                    "  '--filesystem=home:persistent', '--filesystem=zzz:persistent']\n"
                                    "modules:\n- name: one\n  builddir: 1\n  subdir: [a]\n  cleanup: [[a], b]\n"
                                    "  sources: [{type: dir, path: x}, {type: zzz}]\n"
                                    "- name: two\n  build-options: {strip: maybe, cflags: -g, arch: [], env: [A=B, C]}\n"
                                    "  sources: [{type: patch, path: x, strip-components: 1.5, use-git: 'yes'}]\n");
  load (fixture, "a.yaml");
  g_assert_null (fixture->manifest);
  g_ptr_array_set_size (fixture->problems, 0);
  fixture->manifest = manifest_load_full (path, TRUE, fixture->problems);
  found = report (fixture);
  g_test_message ("%s", found);
  g_assert_nonnull (fixture->manifest);
  g_assert_null (strstr (found, "error:"));
  g_assert_cmpstr (fixture->manifest->id, ==, "org.test.Second");
  g_assert_true (fixture->manifest->separate_locales);
  g_assert_null (fixture->manifest->build_options);
  g_assert_cmpstr (fixture->manifest->finish_args[0], ==, "--share=network");
  g_assert_cmpstr (fixture->manifest->finish_args[1], ==, "--env=A=b");
  g_assert_cmpstr (fixture->manifest->finish_args[2], ==, "--filesystem=home");
  g_assert_null (fixture->manifest->finish_args[3]);
  g_assert_nonnull (strstr (found, "the ending is ignored, so the app may write there"));
  g_assert_cmpuint (fixture->manifest->finish_args_places[1].column, >, fixture->manifest->finish_args_places[0].column);
  module = module_at (fixture->manifest->modules, 0);
  g_assert_false (module->builddir);
  g_assert_null (module->subdir);
  g_assert_cmpstr (module->cleanup[0], ==, "b");
  g_assert_cmpuint (module->sources->len, ==, 0);
  module = module_at (fixture->manifest->modules, 1);
  g_assert_cmpstr (module->build_options->cflags, ==, "-g");
  g_assert_false (module->build_options->strip);
  g_assert_cmpint (source_at (module, 0)->strip_components, ==, -1);
}

/* As large as what generators write for an app of many npm packages. */
static void
test_generated_sources (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GString) text = g_string_new ("[");
  g_autofree char *sum = g_strnfill (128, 'a');

  for (guint i = 0; i < 20000; i++)
    g_string_append_printf (text, "%s{\"type\": \"file\", \"url\": \"https://a.example/package-%u/-/package-%u.tgz\", \"sha512\": \"%s\",\n"
                                  "  \"dest\": \"flatpak-node/npm-cache/_cacache/content-v2/sha512/%.40s/%u\", \"dest-filename\": \"%s\"}\n",
                            i > 0 ? ", " : "", i, i, sum, sum, i, sum);
  g_string_append (text, "]\n");
  g_assert_cmpuint (text->len, >, 9 * 1024 * 1024);
  put (fixture, "generated-sources.json", text->str);
  assert_loads (fixture, "a.yaml", HEAD_YAML "modules:\n- {name: one, buildsystem: simple, sources: [generated-sources.json]}\n");
  g_assert_cmpuint (module_at (fixture->manifest->modules, 0)->sources->len, ==, 20000);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add ("/manifest/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("yaml", test_yaml);
  ADD ("json", test_json);
  ADD ("json-problems", test_json_problems);
  ADD ("line-ends", test_line_ends);
  ADD ("anchors", test_anchors);
  ADD ("types", test_types);
  ADD ("env", test_env);
  ADD ("lenient", test_lenient);
  ADD ("compat", test_compat);
  ADD ("compat-types", test_compat_types);
  ADD ("generated-sources", test_generated_sources);
  ADD ("remedies", test_remedies);
  ADD ("local-urls", test_local_urls);
  ADD ("includes", test_includes);
  ADD ("includes-refused", test_includes_refused);
  return g_test_run ();
}
