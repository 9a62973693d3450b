/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Recipes that look at the sources, and what the digest of a module depends on.
 */
#include "builder/plan/plan.h"

#include "base/file.h"
#include "builder/buildsystems/buildsystem.h"
#include "builder/manifest/value.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

typedef struct
{
  char *dir;                   /* the manifest */
  char *tree;                  /* the sources of the module */
  int tree_fd;
  Manifest *manifest;
  BuildPlan *plan;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->dir = g_dir_make_tmp ("plan-XXXXXX", NULL);
  fixture->tree = g_build_filename (fixture->dir, "tree", NULL);
  g_assert_cmpint (g_mkdir (fixture->tree, 0755), ==, 0);
  fixture->tree_fd = open (fixture->tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  build_plan_free (fixture->plan);
  manifest_free (fixture->manifest);
  file_close_fd (&fixture->tree_fd);
  g_assert_true (file_remove_tree (AT_FDCWD, fixture->dir, NULL));
  g_free (fixture->tree);
  g_free (fixture->dir);
}

static void
put (Fixture *fixture, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (fixture->tree, name, NULL);
  g_autofree char *dir = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (dir, 0755), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

/* A plan for one module of these keys ("a: b, c: d"). */
static const BuildModule *
plan_for (Fixture *fixture, const char *keys, unsigned jobs)
{
  g_autoptr (GPtrArray) problems = manifest_problems_new ();
  g_autofree char *path = g_build_filename (fixture->dir, "a.yaml", NULL);
  g_autofree char *text = g_strdup_printf ("id: org.test.App\nruntime: org.test.Platform\nsdk: org.test.Sdk\n"
                                           "modules: [{name: one, %s}]\n", keys);
  const BuildPlanOptions options = { .arch = "x86_64", .jobs = jobs };
  g_autofree char *found = NULL;

  g_clear_pointer (&fixture->plan, build_plan_free);
  g_clear_pointer (&fixture->manifest, manifest_free);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  fixture->manifest = manifest_load (path, problems);
  if (fixture->manifest != NULL)
    fixture->plan = build_plan_new (fixture->manifest, &options, problems);
  found = manifest_problems_format (problems);
  g_assert_cmpstr (found, ==, "");
  return g_ptr_array_index (fixture->plan->modules, 0);
}

/* The steps as one text, a line each. */
static char *
steps_text (Fixture *fixture, const char *keys, GError **error)
{
  const BuildModule *module = plan_for (fixture, keys, 4);
  g_autoptr (GPtrArray) steps = build_plan_steps (fixture->plan, module, fixture->tree_fd, error);
  GString *text = g_string_new (NULL);

  for (guint i = 0; steps != NULL && i < steps->len; i++)
    {
      const BuildStep *step = g_ptr_array_index (steps, i);
      g_autofree char *line = g_strjoinv (" ", step->argv);

      g_string_append_printf (text, "%s: %s\n", step->cwd, line);
    }
  return g_string_free (text, FALSE);
}

static void
assert_steps (Fixture *fixture, const char *keys, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = steps_text (fixture, keys, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, expected);
}

static void
assert_refused (Fixture *fixture, const char *keys, const char *word)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = steps_text (fixture, keys, &error);

  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error->message, word));
}

#define MAKE ".: make -j4 -l8\n.: make install\n"

static void
test_autotools (Fixture *fixture, gconstpointer data)
{
  assert_refused (fixture, "no-parallel-make: false", "no configure script");
  assert_steps (fixture, "no-autogen: true", MAKE);
  put (fixture, "bootstrap", "");
  assert_steps (fixture, "builddir: false",
                ".: env NOCONFIGURE=1 ./bootstrap\n.: ./configure --prefix=/app\n" MAKE);
  put (fixture, "autogen.sh", "");
  put (fixture, "autogen/is-a-folder", "");
  assert_steps (fixture, "builddir: false",
                ".: env NOCONFIGURE=1 ./autogen.sh\n.: ./configure --prefix=/app\n" MAKE);
  put (fixture, "configure", "#!/bin/sh\n");
  assert_steps (fixture, "builddir: false", ".: ./configure --prefix=/app\n" MAKE);
  assert_steps (fixture, "rm-configure: true",
                ".: rm -f configure\n.: env NOCONFIGURE=1 ./autogen.sh\n.: ./configure --prefix=/app\n" MAKE);
  assert_steps (fixture, "rm-configure: true, no-autogen: true", ".: rm -f configure\n" MAKE);
}

static void
test_autotools_marker (Fixture *fixture, gconstpointer data)
{
  put (fixture, "sub/configure", "#!/bin/sh\n# buildapi-variable-require-builddir\n");
  assert_steps (fixture, "subdir: sub, make-args: [-k], no-make-install: true",
                "sub: mkdir -p _flatpak_build\nsub/_flatpak_build: ../configure --prefix=/app\n"
                "sub/_flatpak_build: make -j4 -l8 -k\n");
  /* The sources are not trusted: a link is not read, but it is a configure script for the sandbox. */
  g_autofree char *link = g_build_filename (fixture->tree, "configure", NULL);
  g_assert_cmpint (symlink ("sub/configure", link), ==, 0);
  assert_steps (fixture, "builddir: false", ".: ./configure --prefix=/app\n" MAKE);
}

static void
test_missing (Fixture *fixture, gconstpointer data)
{
  g_autofree char *link = g_build_filename (fixture->tree, "link", NULL);

  assert_refused (fixture, "buildsystem: meson", "meson.build");
  assert_refused (fixture, "buildsystem: cmake", "CMakeLists.txt");
  assert_refused (fixture, "buildsystem: cmake-ninja", "CMakeLists.txt");
  assert_refused (fixture, "subdir: nowhere, buildsystem: simple, build-commands: [x]", "subdir");
  g_assert_cmpint (symlink ("/", link), ==, 0);
  assert_refused (fixture, "subdir: link, buildsystem: simple, build-commands: [x]", "subdir");
  put (fixture, "meson.build", "");
  put (fixture, "CMakeLists.txt", "");
  assert_steps (fixture, "buildsystem: meson",
                ".: mkdir -p _flatpak_build\n"
                "_flatpak_build: meson setup --wrap-mode=nodownload --prefix=/app --libdir=/app/lib ..\n"
                "_flatpak_build: ninja -j4\n_flatpak_build: ninja install\n");
  assert_steps (fixture, "buildsystem: simple, build-commands: [a b, c], post-install: d", ".: sh -c a b\n.: sh -c c\n.: sh -c d\n");
}

/* qmake itself takes the only project file there is. */
static void
test_qmake (Fixture *fixture, gconstpointer data)
{
#define QMAKE "sh -c exec qmake \"$@\" \"QMAKE_CFLAGS+=$CFLAGS\" \"QMAKE_CXXFLAGS+=$CXXFLAGS\" \"QMAKE_LFLAGS+=$LDFLAGS\" qmake "
  assert_refused (fixture, "buildsystem: qmake", "*.pro");
  put (fixture, "sub/b.pro", "");
  assert_steps (fixture, "buildsystem: qmake, subdir: sub", "sub: " QMAKE "PREFIX=/app\nsub: make -j4 -l8\nsub: make install\n");
  put (fixture, "sub/c.pro", "");
  assert_steps (fixture, "buildsystem: qmake, subdir: sub",
                "sub: " QMAKE "./b.pro PREFIX=/app\nsub: make -j4 -l8\nsub: make install\n");
  put (fixture, "sub/one.pro", "");
  assert_steps (fixture, "buildsystem: qmake, subdir: sub, builddir: true",
                "sub: mkdir -p _flatpak_build\nsub/_flatpak_build: " QMAKE "../one.pro PREFIX=/app\n"
                "sub/_flatpak_build: make -j4 -l8\nsub/_flatpak_build: make install\n");
}

static char *
digest (Fixture *fixture, const char *keys, unsigned jobs)
{
  const BuildModule *module = plan_for (fixture, keys, jobs);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  build_plan_digest (fixture->plan, module, checksum);
  return g_strdup (g_checksum_get_string (checksum));
}

static void
assert_digests (Fixture *fixture, const char *a, const char *b, gboolean equal)
{
  g_autofree char *x = digest (fixture, a, 3);
  g_autofree char *y = digest (fixture, b, 5);

  g_test_message ("%s | %s", a, b);
  if (equal)
    g_assert_cmpstr (x, ==, y);
  else
    g_assert_cmpstr (x, !=, y);
}

#define SHA "sha256: '0123456789012345678901234567890123456789012345678901234567890123'"

static void
test_digest (Fixture *fixture, gconstpointer data)
{
  static const char *const same[][2] = {
    { "subdir: a", "subdir: a" },
    { "cleanup: [a]", "cleanup: [b]" },
    { "only-arches: [x86_64]", "x-note: 1" },
    { "build-options: {arch: {aarch64: {cflags: -O3}}}", "disabled: no" },
    { "sources: [{type: archive, url: 'https://a.example/a.tar', " SHA "}]",
      "sources: [{type: archive, url: 'https://b.example/b.tar', mirror-urls: 'http://c.example/', " SHA "}]" },
    { "sources: [{type: dir, path: a, only-arches: [aarch64]}]", "sources: []" },
  };
  static const char *const different[][2] = {
    { "config-opts: [a]", "config-opts: [b]" },
    { "config-opts: [a, b]", "config-opts: [a b]" },
    { "config-opts: [a], make-args: []", "config-opts: [], make-args: [a]" },
    { "make-args: [a, '', b]", "make-args: [a, b]" },
    { "buildsystem: cmake", "buildsystem: cmake-ninja" },
    { "build-commands: [a]", "post-install: [a]" },
    { "build-options: {cflags: -O2}", "build-options: {cxxflags: -O2}" },
    { "build-options: {env: {A: ''}}", "build-options: {env: {A: }}" },
    { "build-options: {build-args: --share=network}", "build-options: {}" },
    { "build-options: {prefix: /app/x}", "build-options: {libdir: /app/x}" },
    { "build-options: {strip: true}", "build-options: {no-debuginfo: true}" },
    { "no-parallel-make: true", "no-parallel-make: false" },
    { "sources: [{type: patch, path: a}]", "sources: [{type: patch, path: a, strip-components: 0}]" },
    { "sources: [{type: script, commands: a}]", "sources: [{type: script, commands: a, dest-filename: b}]" },
    { "sources: [{type: file, path: a/b}]", "sources: [{type: file, path: a/c}]" },
    { "sources: [{type: dir, path: a, dest: b}]", "sources: [{type: dir, path: a}]" },
    { "sources: [{type: dir, path: a}, {type: dir, path: b}]", "sources: [{type: dir, path: a}]" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (same); i++)
    assert_digests (fixture, same[i][0], same[i][1], TRUE);
  for (gsize i = 0; i < G_N_ELEMENTS (different); i++)
    assert_digests (fixture, different[i][0], different[i][1], FALSE);
}

static void
test_refs (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) problems = manifest_problems_new ();
  g_autoptr (BuildPlan) plan = NULL;
  const BuildPlanOptions options = { .arch = "x86_64", .default_branch = "stable" };
  const BuildPlanOptions odd = { .arch = "../x" };

  (void) plan_for (fixture, "subdir: a", 1);
  plan = build_plan_new (fixture->manifest, &options, problems);
  g_assert_cmpstr (plan->ref->branch, ==, "stable");
  g_assert_cmpuint (plan->jobs, >, 0);
  g_assert_cmpstr (plan->runtime->branch, ==, "master");
  g_assert_null (build_plan_new (fixture->manifest, &odd, problems));
  g_assert_cmpuint (problems->len, ==, 1);
}

/* What a manifest may name and what there is a recipe for: the same. */
static void
test_all_systems (Fixture *fixture, gconstpointer data)
{
  static const char *const names[] = { "autotools", "cmake", "cmake-ninja", "meson", "qmake", "simple" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const BuildSystem *system = buildsystem_find (names[i], NULL);

      g_assert_nonnull (system);
      g_assert_cmpstr (system->name, ==, names[i]);
      g_assert_cmpuint (system->version, >, 0);
      g_assert_true (value_check_buildsystem (names[i], NULL));
    }
  g_assert_null (buildsystem_find ("mesno", NULL));
  g_assert_false (value_check_buildsystem ("mesno", NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add ("/plan/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("autotools", test_autotools);
  ADD ("autotools-marker", test_autotools_marker);
  ADD ("missing", test_missing);
  ADD ("qmake", test_qmake);
  ADD ("digest", test_digest);
  ADD ("refs", test_refs);
  ADD ("all-systems", test_all_systems);
  return g_test_run ();
}
