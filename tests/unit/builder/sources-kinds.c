/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The kinds of sources below a tree that an earlier source has prepared with links to the outside.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/sources/packages/mirror.h"
#include "builder/sources/source.h"

typedef struct
{
  char *top;
  int top_fd, tree_fd, cache_fd;
  SourceContext context;
  ManifestSource source;
} Fixture;

static int
make_directory (Fixture *f, const char *name)
{
  int fd = file_mkdir_p (f->top_fd, name, 0755, NULL);

  g_assert_cmpint (fd, >=, 0);
  return fd;
}

static void
put (Fixture *f, const char *path, const char *text, mode_t mode)
{
  g_autofree char *parent = g_path_get_dirname (path);
  autofd fd = make_directory (f, parent);

  g_assert_true (file_write_atomic (f->top_fd, path, text, strlen (text), mode, NULL));
  g_assert_cmpint (fchmodat (f->top_fd, path, mode, 0), ==, 0);
}

static void
fixture_open (Fixture *f, gconstpointer type)
{
  f->top = g_dir_make_tmp ("nacelle-kinds-XXXXXX", NULL);
  f->top_fd = open (f->top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  f->tree_fd = make_directory (f, "tree");
  f->cache_fd = make_directory (f, "cache");
  put (f, "out/canary", "alive", 0644);
  f->context = (SourceContext) { .cache_fd = f->cache_fd, .arch = "x86_64", .offline = TRUE, .state_fd = -1 };
  f->source = (ManifestSource) { .type = (char *) type, .base_dir = f->top, .strip_components = -1 };
}

static void
assert_text (Fixture *f, const char *path, const char *text)
{
  g_autofree char *found = file_read (f->top_fd, path, 10000, NULL, NULL);

  g_assert_cmpstr (found, ==, text);
}

static void
fixture_close (Fixture *f, gconstpointer type)
{
  g_autofree char *out = g_build_filename (f->top, "out", NULL);
  g_autoptr (GDir) dir = g_dir_open (out, 0, NULL);

  assert_text (f, "out/canary", "alive");
  g_assert_cmpstr (g_dir_read_name (dir), ==, "canary");
  g_assert_null (g_dir_read_name (dir));
  close (f->top_fd);
  close (f->tree_fd);
  close (f->cache_fd);
  file_remove_tree (AT_FDCWD, f->top, NULL);
  g_free (f->top);
}

static gboolean
extract (Fixture *f)
{
  const SourceKind *kind = source_kind_find (f->source.type);
  g_autoptr (GError) error = NULL;
  gboolean ok;

  g_assert_nonnull (kind);
  ok = (kind->fetch == NULL || kind->fetch (&f->source, &f->context, &error))
       && kind->extract (&f->source, &f->context, f->tree_fd, &error);
  g_assert_cmpint (ok, ==, error == NULL);
  return ok;
}

static char *
digest (Fixture *f)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autoptr (GError) error = NULL;

  source_kind_find (f->source.type)->digest (&f->source, &f->context, checksum, &error);
  g_assert_no_error (error);
  return g_strdup (g_checksum_get_string (checksum));
}

static void
test_table (void)
{
  static const char *const names[] = { "archive", "file", "git", "dir", "patch", "script", "shell", "inline", "extra-data", "svn", "bzr", "packages" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const SourceKind *kind = source_kind_find (names[i]);

      g_assert_cmpstr (kind->type, ==, names[i]);
      g_assert_nonnull (kind->digest);
      g_assert_nonnull (kind->extract);
    }
  g_assert_null (source_kind_find ("archives"));
}

static void
test_file (Fixture *f, gconstpointer data)
{
  g_autofree char *one = NULL;
  g_autofree char *two = NULL;
  struct stat st;

  put (f, "in.sh", "hello", 0744);
  f->source.path = (char *) "in.sh";
  g_assert_true (extract (f));
  assert_text (f, "tree/in.sh", "hello");
  g_assert_cmpint (fstatat (f->tree_fd, "in.sh", &st, 0), ==, 0);
  g_assert_cmpint (st.st_mode & 07777, ==, 0755);
  one = digest (f);
  put (f, "in.sh", "hellO", 0744);
  two = digest (f);
  g_assert_cmpstr (one, !=, two);

  f->source.dest = (char *) "a/b";
  f->source.dest_filename = (char *) "c";
  g_assert_true (extract (f));
  assert_text (f, "tree/a/b/c", "hellO");
}

static void
test_file_hash (Fixture *f, gconstpointer data)
{
  g_autofree char *sha256 = g_compute_checksum_for_string (G_CHECKSUM_SHA256, "hello", -1);
  g_autofree char *upper = g_ascii_strup (sha256, -1);
  g_autofree char *sha1 = g_compute_checksum_for_string (G_CHECKSUM_SHA1, "other", -1);

  put (f, "in", "hello", 0644);
  f->source.path = (char *) "in";
  f->source.sha256 = upper;
  g_assert_true (extract (f));
  f->source.sha1 = sha1;
  g_assert_false (extract (f));
  f->source.sha1 = NULL;
  sha256[10] = sha256[10] == '0' ? '1' : '0';
  f->source.sha256 = sha256;
  g_assert_false (extract (f));
  sha256[10] = '\0';
  g_assert_false (extract (f));
}

/* What the network gives is only used when its hash is known; a file and a url at once is a mistake. */
static void
test_file_url (Fixture *f, gconstpointer data)
{
  g_autofree char *sha256 = g_compute_checksum_for_string (G_CHECKSUM_SHA256, "hello", -1);
  g_autofree char *cached = g_strconcat ("cache/downloads/", sha256, NULL);

  f->source.url = (char *) "http://127.0.0.1:1/dir/name?query#fragment";
  g_assert_false (extract (f));
  f->source.sha256 = sha256;
  g_assert_false (extract (f));
  put (f, cached, "hello", 0644);
  g_assert_true (extract (f));
  assert_text (f, "tree/name", "hello");
  f->source.path = (char *) "in";
  g_assert_false (extract (f));
}

/* flatpak-builder f2a8c22b: a link at the place of the copy. */
static void
test_file_onto_symlink (Fixture *f, gconstpointer data)
{
  put (f, "in", "hello", 0644);
  g_assert_cmpint (symlinkat ("../out/canary", f->tree_fd, "in"), ==, 0);
  f->source.path = (char *) "in";
  g_assert_true (extract (f));
  assert_text (f, "tree/in", "hello");
}

/* flatpak-builder 88a3c6bf: dest that leads out, or through a link of an earlier source. */
static void
test_dest (Fixture *f, gconstpointer data)
{
  static const char *const bad[] = { "../out", "a/../../out", "/tmp", "link", "link/sub", "up/out" };
  static const char *const good[] = { ".", "", "a/./b", "..." };
  static const char *const names[] = { "../x", "a/b", "..", ".", "" };

  put (f, "in", "hello", 0644);
  f->source.path = (char *) "in";
  g_assert_cmpint (symlinkat ("../out", f->tree_fd, "link"), ==, 0);
  g_assert_cmpint (symlinkat ("..", f->tree_fd, "up"), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      f->source.dest = (char *) bad[i];
      g_assert_false (extract (f));
    }
  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      f->source.dest = (char *) good[i];
      g_assert_true (extract (f));
    }
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      f->source.dest_filename = (char *) names[i];
      g_assert_false (extract (f));
    }
}

static void
test_dir (Fixture *f, gconstpointer data)
{
  static const char *skip[] = { "./no/", "sub/skipped", NULL };
  char target[100] = "";
  struct stat st;

  put (f, "src/a", "one", 0600);
  put (f, "src/sub/b", "two", 0711);
  put (f, "src/no/c", "three", 0644);
  put (f, "src/sub/skipped", "four", 0644);
  g_assert_cmpint (symlinkat ("../out/canary", f->top_fd, "src/l"), ==, 0);
  f->source.path = (char *) "src";
  f->source.skip = (char **) skip;
  g_assert_true (extract (f));
  assert_text (f, "tree/a", "one");
  assert_text (f, "tree/sub/b", "two");
  assert_text (f, "tree/no/c", NULL);
  assert_text (f, "tree/sub/skipped", NULL);
  g_assert_cmpint (readlinkat (f->tree_fd, "l", target, sizeof target), ==, 13);
  g_assert_cmpint (fstatat (f->tree_fd, "sub/b", &st, 0), ==, 0);
  g_assert_cmpint (st.st_mode & 07777, ==, 0755);
}

static void
test_dir_digest (Fixture *f, gconstpointer data)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  f->source.path = (char *) "src";
  put (f, "src/a", "one", 0644);
  g_assert_true (g_hash_table_add (seen, digest (f)));
  g_assert_false (g_hash_table_add (seen, digest (f)));
  put (f, "src/a", "onE", 0644);
  g_assert_true (g_hash_table_add (seen, digest (f)));
  put (f, "src/a", "onE", 0755);
  g_assert_true (g_hash_table_add (seen, digest (f)));
  g_assert_cmpint (renameat (f->top_fd, "src/a", f->top_fd, "src/b"), ==, 0);
  g_assert_true (g_hash_table_add (seen, digest (f)));
  g_assert_cmpint (symlinkat ("b", f->top_fd, "src/l"), ==, 0);
  g_assert_true (g_hash_table_add (seen, digest (f)));
}

/* flatpak-builder e3835512: a directory merged into a link. */
static void
test_dir_into_symlink (Fixture *f, gconstpointer data)
{
  put (f, "src/sub/x", "x", 0644);
  g_assert_cmpint (symlinkat ("../out", f->tree_fd, "sub"), ==, 0);
  f->source.path = (char *) "src";
  g_assert_false (extract (f));
}

static void
test_dir_special (Fixture *f, gconstpointer data)
{
  static const char *skip[] = { "fifo", NULL };

  put (f, "src/x", "x", 0644);
  g_assert_cmpint (mkfifoat (f->top_fd, "src/fifo", 0644), ==, 0);
  f->source.path = (char *) "src";
  g_assert_false (extract (f));
  f->source.skip = (char **) skip;
  g_assert_true (extract (f));
}

/* The cache and the state directory may lie inside. */
static void
test_dir_around_cache (Fixture *f, gconstpointer data)
{
  put (f, "cache/big", "x", 0644);
  put (f, "state/big", "x", 0644);
  f->context.state_fd = make_directory (f, "state");
  f->source.path = (char *) ".";
  f->source.dest = (char *) "copy";
  close (f->tree_fd);
  f->tree_fd = make_directory (f, "state/tree");
  g_assert_true (extract (f));
  assert_text (f, "state/tree/copy/out/canary", "alive");
  assert_text (f, "state/tree/copy/cache/big", NULL);
  assert_text (f, "state/tree/copy/state/big", NULL);
  close (f->context.state_fd);
}

static void
test_script (Fixture *f, gconstpointer data)
{
  static const char *commands[] = { "echo one", "exec two", NULL };
  struct stat st;

  f->source.commands = (char **) commands;
  g_assert_true (extract (f));
  assert_text (f, "tree/autogen.sh", "#!/bin/sh\necho one\nexec two\n");
  g_assert_cmpint (fstatat (f->tree_fd, "autogen.sh", &st, 0), ==, 0);
  g_assert_cmpint (st.st_mode & 07777, ==, 0755);
}

static char *
steps_text (Fixture *f)
{
  g_autoptr (GPtrArray) steps = source_kind_find (f->source.type)->steps (&f->source, &f->context, NULL);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < steps->len; i++)
    {
      BuildStep *step = g_ptr_array_index (steps, i);
      g_autofree char *argv = g_strjoinv ("|", step->argv);

      g_string_append_printf (text, "%s: %s;", step->cwd, argv);
    }
  return g_string_free (text, FALSE);
}

static void
test_shell (Fixture *f, gconstpointer data)
{
  static const char *commands[] = { "touch /x; $(y)", NULL };
  g_autofree char *text = NULL;

  f->source.commands = (char **) commands;
  f->source.dest = (char *) "d";
  g_assert_true (extract (f));
  text = steps_text (f);
  g_assert_cmpstr (text, ==, "d: sh|-c|touch /x; $(y);");
}

/* A patch is never run by us, and what an archive left at the side directory's place does not matter. */
static void
test_patch (Fixture *f, gconstpointer data)
{
  static const char *paths[] = { "b.patch", NULL };
  static const char *options[] = { "--binary", NULL };
  g_autofree char *text = NULL;
  g_autofree char *git = NULL;

  put (f, "-a;$(x).patch", "first", 0644);
  put (f, "b.patch", "second", 0644);
  g_assert_cmpint (symlinkat ("../out", f->tree_fd, SOURCE_SIDE_DIR), ==, 0);
  f->source.path = (char *) "-a;$(x).patch";
  f->source.paths = (char **) paths;
  f->source.options = (char **) options;
  f->source.dest = (char *) "d/./e/";
  g_assert_true (extract (f));
  assert_text (f, "tree/" SOURCE_SIDE_DIR "/0001.patch", "first");
  assert_text (f, "tree/" SOURCE_SIDE_DIR "/0002.patch", "second");
  text = steps_text (f);
  g_assert_cmpstr (text, ==, "d/./e/: patch|-p1|--binary|-i|../../" SOURCE_SIDE_DIR "/0001.patch;"
                             "d/./e/: patch|-p1|--binary|-i|../../" SOURCE_SIDE_DIR "/0002.patch;");
  f->source.use_git = TRUE;
  f->source.paths = NULL;
  f->source.dest = NULL;
  f->source.strip_components = 0;
  git = steps_text (f);
  g_assert_cmpstr (git, ==, ".: git|apply|-p0|--binary|" SOURCE_SIDE_DIR "/0001.patch;");
}

static void
test_patch_missing (Fixture *f, gconstpointer data)
{
  g_assert_false (extract (f));
  f->source.path = (char *) "none.patch";
  g_assert_false (extract (f));
}

static void
test_mirror_order (Fixture *f, gconstpointer data)
{
  static const char *const bad[] = { "ftp://x/debian", "/var/mirror", "http://u:p@x/" };
  const struct { const char *option, *source, *manifest, *expected; } rows[] = {
    { "http://option/d//", "http://source/d", "http://manifest/d", "http://option/d" },
    { NULL, "http://source/d", "http://manifest/d", "http://source/d" },
    { "", NULL, "http://manifest/d/", "http://manifest/d" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *mirror = NULL;

      f->context.mirror = rows[i].option;
      f->source.mirror = (char *) rows[i].source;
      f->context.manifest_mirror = rows[i].manifest;
      mirror = source_mirror (&f->source, &f->context, NULL);
      g_assert_cmpstr (mirror, ==, rows[i].expected);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      f->context.mirror = bad[i];
      g_assert_null (source_mirror (&f->source, &f->context, NULL));
    }
}

static void
assert_apt (Fixture *f, const char *suite, const char *component, const char *expected)
{
  autofd apt_fd = make_directory (f, "apt");
  const char *components[] = { component, NULL };
  g_autofree char *mirror = mirror_of_apt (apt_fd, suite, component != NULL ? components : NULL);

  g_assert_cmpstr (mirror, ==, expected);
}

static void
test_mirror_of_host (Fixture *f, gconstpointer data)
{
  assert_apt (f, "bookworm", NULL, NULL);
  put (f, "apt/sources.list", "# deb http://no/ bookworm main\n"
                              "deb-src http://src/ bookworm main\n"
                              "deb cdrom:[x]/ bookworm main\n"
                              "deb [arch=amd64 signed-by=/x] http://security/d/ bookworm-security main # comment\n"
                              "deb\thttp://list/d/ bookworm main contrib\n", 0644);
  assert_apt (f, "bookworm", "main", "http://list/d");
  assert_apt (f, "bookworm-security", NULL, "http://security/d");
  assert_apt (f, "trixie", NULL, NULL);
  assert_apt (f, "bookworm", "non-free", NULL);
  assert_apt (f, NULL, NULL, "http://list/d");

  put (f, "apt/sources.list.d/b.list.save", "deb http://saved/ trixie main\n", 0644);
  put (f, "apt/sources.list.d/c.sources", "Types: deb\nURIs: http://off/\nSuites: trixie\nComponents: main\nEnabled: no\n\n"
                                          "# Types: deb-src\nTypes: deb deb-src\n"
                                          "URIs: mirror+file:/etc/x\n file:///srv\n https://stanza/d/\n"
                                          "Suites: sid\n# in between\n trixie\nComponents: main\nSigned-By:\n .\n xyz\n", 0644);
  assert_apt (f, "trixie", "main", "https://stanza/d");
  assert_apt (f, "sid", NULL, "https://stanza/d");
  assert_apt (f, "bookworm", "main", "http://list/d");
}

static void
test_lock_path (void)
{
  const char *rows[][2] = { { "d/org.x.yaml", "d/org.x.lock.yaml" }, { "a.yml", "a.lock.yaml" },
                            { "a.json", "a.lock.yaml" }, { "a.b", "a.b.lock.yaml" } };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = source_lock_path (rows[i][0]);

      g_assert_cmpstr (path, ==, rows[i][1]);
    }
}

#define ADD(type, name, function) \
  g_test_add ("/sources/" type "/" name, Fixture, type, fixture_open, function, fixture_close)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sources/table", test_table);
  ADD ("file", "plain", test_file);
  ADD ("file", "hash", test_file_hash);
  ADD ("file", "url", test_file_url);
  ADD ("file", "flatpak-builder-f2a8c22b-onto-symlink", test_file_onto_symlink);
  ADD ("file", "flatpak-builder-88a3c6bf-dest", test_dest);
  ADD ("dir", "plain", test_dir);
  ADD ("dir", "digest", test_dir_digest);
  ADD ("dir", "flatpak-builder-e3835512-into-symlink", test_dir_into_symlink);
  ADD ("dir", "special", test_dir_special);
  ADD ("dir", "around-cache", test_dir_around_cache);
  ADD ("script", "plain", test_script);
  ADD ("shell", "plain", test_shell);
  ADD ("patch", "plain", test_patch);
  ADD ("patch", "missing", test_patch_missing);
  ADD ("packages", "mirror-order", test_mirror_order);
  ADD ("packages", "mirror-of-host", test_mirror_of_host);
  g_test_add_func ("/sources/packages/lock-path", test_lock_path);
  return g_test_run ();
}
