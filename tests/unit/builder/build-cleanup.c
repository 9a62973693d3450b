/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Cleanup patterns: what they match, and that removal stays in the tree.
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/tree/cleanup.h"

typedef struct
{
  const char *pattern;
  const char *path;
  const char *removed;     /* in order, split by ' '; "" nothing */
} Case;

/* clang-format off */
static const Case cases[] = {
  /* the last element only */
  { "*.la", "lib/libfoo.la", "lib/libfoo.la" },
  { "*.la", "lib/libfoo.lax", "" },
  { "*.la", "lib/x.la/readme", "" },
  { "foo", "bin/foo", "bin/foo" },
  { "foo", "foo/bar", "" },
  { "f?o", "bin/fxo", "bin/fxo" },
  { "f?o", "bin/fo", "" },
  { "*", "bin/anything", "bin/anything" },
  { "a*b*c", "aXbXbc", "aXbXbc" },
  { "a*b*c", "aXbXb", "" },
  { "[ab]", "a", "" },                        /* no character classes: flatpak-builder has none */
  { "[ab]", "[ab]", "[ab]" },
  { "share/man", "share/man", "" },           /* an element has no '/' */
  { "**", "x", "x" },
  { "", "x", "" },
  /* the whole path, from the front; parents match */
  { "/include", "include/foo.h", "include include/foo.h" },
  { "/include", "include", "include" },
  { "/include", "included/foo.h", "" },
  { "/include", "share/include", "" },
  { "/include/", "include/foo.h", "" },      /* and no path ends so */
  { "/lib/*.a", "lib/libfoo.a", "lib/libfoo.a" },
  { "/lib/*.a", "lib/sub/libfoo.a", "" },
  { "/lib/*", "lib/sub/libfoo.a", "lib/sub lib/sub/libfoo.a" },
  { "/share/*/x", "share/a/x/y", "share/a/x share/a/x/y" },
  { "/*", "lib/x", "lib lib/x" },
  { "/l?b", "lib/x", "lib lib/x" },
  { "/", "lib/x", "" },
  { "//lib/x", "lib/x", "lib/x" },
  { "/lib//x", "lib/x", "" },
  /* a star with something behind it may end on a slash */
  { "/lib*a", "lib/a/x.la", "lib/a lib/a/x.la" },
  { "/man*1", "man1/x", "man1 man1/x" },
  { "/lib/*.a", "lib/sub/.a", "lib/sub/.a" },
  { "/lib*a", "lib", "" },
  { "/lib/a*b*c", "lib/axbxb/cx", "" },
  { "/lib/a*b*c/d", "lib/axbxbc/d/e", "lib/axbxbc/d lib/axbxbc/d/e" },
  { "/*a*a*a*a*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "" },
  { "/lib/x/y", "lib/x", "" },
  { "/../etc", "lib/x", "" },
};
/* clang-format on */

static int
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (a, b);
}

static void
test_match (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GHashTable) set = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      g_autoptr (GString) text = g_string_new (NULL);

      cleanup_match (cases[i].pattern, cases[i].path, set);
      GList *keys = g_list_sort (g_hash_table_get_keys (set), compare);
      for (GList *l = keys; l != NULL; l = l->next)
        g_string_append_printf (text, "%s%s", text->len > 0 ? " " : "", (char *) l->data);
      g_list_free (keys);
      if (strcmp (text->str, cases[i].removed) != 0)
        g_test_message ("pattern '%s', path '%s'", cases[i].pattern, cases[i].path);
      g_assert_cmpstr (text->str, ==, cases[i].removed);
    }
}

/* A pattern is written by whoever wrote the manifest; time must not explode. */
static void
test_match_is_not_exponential (void)
{
  g_autoptr (GHashTable) set = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GString) pattern = g_string_new (NULL);
  g_autofree char *path = g_strnfill (4000, 'a');

  for (int i = 0; i < 1000; i++)
    g_string_append (pattern, "*a");
  g_string_append (pattern, "*b");
  cleanup_match (pattern->str, path, set);
  g_assert_cmpuint (g_hash_table_size (set), ==, 0);
}

static int
make_tree (char **ret_path)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *template = g_build_filename (g_get_tmp_dir (), "nacelle-cleanup-XXXXXX", NULL);

  *ret_path = g_strdup (g_mkdtemp (template));
  g_assert_nonnull (*ret_path);
  int fd = file_open (AT_FDCWD, *ret_path, O_RDONLY | O_DIRECTORY, 0, &error);
  g_assert_no_error (error);
  return fd;
}

static void
put (int dirfd, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *parent = g_path_get_dirname (path);
  autofd dir = file_mkdir_p (dirfd, parent, 0755, &error);

  g_assert_no_error (error);
  file_write_atomic (dirfd, path, "x", 1, 0644, &error);
  g_assert_no_error (error);
}

static gboolean
exists (int dirfd, const char *path)
{
  return faccessat (dirfd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void
test_remove (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GHashTable) set = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *path = NULL;
  autofd fd = make_tree (&path);
  guint count;

  put (fd, "include/a.h");
  put (fd, "keep/a");
  put (fd, "keep/b");
  g_hash_table_add (set, g_strdup ("include"));
  g_hash_table_add (set, g_strdup ("include/a.h"));
  g_hash_table_add (set, g_strdup ("keep"));
  g_hash_table_add (set, g_strdup ("keep/a"));
  g_hash_table_add (set, g_strdup ("never/was"));
  g_assert_true (cleanup_remove (fd, set, &count, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (count, ==, 3);
  g_assert_false (exists (fd, "include"));
  g_assert_false (exists (fd, "keep/a"));
  g_assert_true (exists (fd, "keep/b")); /* no module of ours changed it */
  g_assert_true (file_remove_tree (AT_FDCWD, path, &error));
}

/* A directory that a later command replaced by a link must not lead the removal out of the tree. */
static void
test_remove_does_not_follow_links (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GHashTable) set = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *path = NULL;
  autofd fd = make_tree (&path);
  guint count;

  put (fd, "outside/canary");
  put (fd, "tree/real/canary");
  autofd tree = file_open (fd, "tree", O_RDONLY | O_DIRECTORY, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpint (symlinkat ("../outside", tree, "link"), ==, 0);
  g_hash_table_add (set, g_strdup ("link/canary"));
  g_hash_table_add (set, g_strdup ("../outside/canary"));
  g_hash_table_add (set, g_strdup ("real/canary"));
  g_assert_true (cleanup_remove (tree, set, &count, &error));
  g_assert_cmpuint (count, ==, 1);
  g_assert_true (exists (fd, "outside/canary"));
  g_assert_false (exists (fd, "tree/real/canary"));
  g_assert_true (file_remove_tree (AT_FDCWD, path, &error));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cleanup/match", test_match);
  g_test_add_func ("/cleanup/match-is-not-exponential", test_match_is_not_exponential);
  g_test_add_func ("/cleanup/remove", test_remove);
  g_test_add_func ("/cleanup/remove-does-not-follow-links", test_remove_does_not_follow_links);
  return g_test_run ();
}
