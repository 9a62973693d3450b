/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/treecache.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "tests/unit/store/folder.h"

static void
fill (int fd)
{
  folder_write (fd, "usr/bin/tool", "#!/bin/sh\n", 0755);
  folder_write (fd, "usr/bin/set", "s", 04711);
  folder_write (fd, "usr/share/text", "text", 0644);
  folder_write (fd, "usr/share/open", "open", 0666);
  folder_write (fd, "etc/secret", "secret", 0600);
  folder_write (fd, "empty", "", 0644);
  g_assert_cmpint (linkat (fd, "usr/bin/tool", fd, "usr/bin/alias", 0), ==, 0);
  g_assert_cmpint (symlinkat ("../share/text", fd, "usr/bin/link"), ==, 0);
  g_assert_cmpint (symlinkat ("/nowhere", fd, "dangling"), ==, 0);
  g_assert_cmpint (mkdirat (fd, "usr/locked", 0755), ==, 0);
  folder_write (fd, "usr/locked/file", "x", 0444);
  g_assert_cmpint (fchmodat (fd, "usr/locked", 0555, 0), ==, 0);
}

static guint
mode_of (int fd, const char *path)
{
  struct stat st;

  g_assert_cmpint (fstatat (fd, path, &st, AT_SYMLINK_NOFOLLOW), ==, 0);
  return st.st_mode & 07777;
}

static int
sub_folder (Folder *folder, const char *name)
{
  int fd = file_mkdir_p (folder->fd, name, 0755, NULL);

  g_assert_cmpint (fd, >=, 0);
  return fd;
}

static TreeCache *
open_cache (Folder *folder)
{
  g_autoptr (GError) error = NULL;
  TreeCache *cache = treecache_open (folder->fd, "cache", &error);

  g_assert_no_error (error);
  return cache;
}

static void
put (Folder *folder, const char *key)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TreeCache) cache = open_cache (folder);
  autofd tree = sub_folder (folder, "tree");

  treecache_put (cache, key, tree, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (treecache_has (cache, key));
}

static void
test_round_trip (Folder *folder, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  autofd tree = sub_folder (folder, "tree");
  autofd out = sub_folder (folder, "out");
  struct stat first, second;

  fill (tree);
  g_assert_cmpint (fchmod (tree, 0750), ==, 0);
  put (folder, "key1");
  g_autoptr (TreeCache) cache = open_cache (folder);
  g_assert_true (treecache_has (cache, "key1"));
  g_assert_false (treecache_has (cache, "key2"));
  treecache_get (cache, "key1", out, &error);
  g_assert_no_error (error);

  const char *const paths[] = { "usr/bin/tool", "usr/bin/set", "usr/share/text", "usr/share/open", "etc/secret",
                                "empty", "usr/locked/file", NULL };
  for (gsize i = 0; paths[i] != NULL; i++)
    {
      g_autofree char *before = folder_read (tree, paths[i]);
      g_autofree char *after = folder_read (out, paths[i]);
      g_assert_cmpstr (before, ==, after);
      g_assert_cmpuint (mode_of (tree, paths[i]), ==, mode_of (out, paths[i]));
    }
  g_assert_cmpuint (mode_of (out, "usr/locked"), ==, 0555);
  g_assert_cmpuint (mode_of (out, "usr"), ==, 0755);
  g_assert_cmpuint (mode_of (out, "."), ==, 0750);
  g_assert_cmpint (fstatat (out, "usr/bin/tool", &first, 0), ==, 0);
  g_assert_cmpint (fstatat (out, "usr/bin/alias", &second, 0), ==, 0);
  g_assert_cmpuint (first.st_ino, ==, second.st_ino);
  g_assert_cmpuint (first.st_nlink, ==, 2);

  char target[64] = "";
  g_assert_cmpint (readlinkat (out, "usr/bin/link", target, sizeof target - 1), ==, 13);
  g_assert_cmpstr (target, ==, "../share/text");
}

/* What the build does to its copy must not reach the cache. */
static void
test_copies (Folder *folder, gconstpointer data)
{
  autofd tree = sub_folder (folder, "tree");
  autofd out = sub_folder (folder, "out");
  autofd again = sub_folder (folder, "again");
  g_autoptr (GError) error = NULL;

  fill (tree);
  put (folder, "key");
  g_autoptr (TreeCache) cache = open_cache (folder);
  g_assert_true (treecache_get (cache, "key", out, NULL));
  autofd file = openat (out, "usr/share/text", O_WRONLY | O_TRUNC | O_CLOEXEC);
  g_assert_cmpint (write (file, "changed in place", 16), ==, 16);
  autofd tree_file = openat (tree, "usr/share/text", O_WRONLY | O_TRUNC | O_CLOEXEC);
  g_assert_cmpint (write (tree_file, "changed at source", 17), ==, 17);
  treecache_get (cache, "key", again, &error);
  g_assert_no_error (error);
  g_autofree char *text = folder_read (again, "usr/share/text");
  g_assert_cmpstr (text, ==, "text");
}

/* A tree over another one: what it removes goes, kinds change, directories become one; and what is in it is told without files. */
static void
test_layers (Folder *folder, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TreeCache) cache = open_cache (folder);
  g_autoptr (GPtrArray) removed = g_ptr_array_new ();
  autofd below = sub_folder (folder, "tree");
  autofd above = sub_folder (folder, "above");
  autofd out = sub_folder (folder, "out");
  struct stat st;

  folder_write (below, "bin/a", "a", 0755);
  folder_write (below, "bin/b", "b", 0755);
  folder_write (below, "gone/deep/file", "x", 0644);
  folder_write (below, "turns/file", "x", 0644);
  put (folder, "below");
  folder_write (above, "bin/b", "other b", 0644);
  folder_write (above, "bin/c", "c", 0755);
  folder_write (above, "turns", "now a file", 0644);
  g_ptr_array_add (removed, (char *) "gone");
  g_ptr_array_add (removed, (char *) "turns");
  g_ptr_array_add (removed, (char *) "not/there");
  g_assert_true (treecache_put (cache, "above", above, removed, &error));
  g_assert_true (treecache_get (cache, "below", out, &error));
  g_assert_true (treecache_get (cache, "above", out, &error));
  g_assert_no_error (error);

  g_autofree char *a = folder_read (out, "bin/a"), *b = folder_read (out, "bin/b"), *c = folder_read (out, "bin/c");
  g_autofree char *turned = folder_read (out, "turns");
  g_assert_cmpstr (a, ==, "a");
  g_assert_cmpstr (b, ==, "other b");
  g_assert_cmpuint (mode_of (out, "bin/b"), ==, 0644);
  g_assert_cmpstr (c, ==, "c");
  g_assert_cmpstr (turned, ==, "now a file");
  g_assert_cmpint (fstatat (out, "gone", &st, AT_SYMLINK_NOFOLLOW), <, 0);

  g_autoptr (GPtrArray) taken = NULL, none = NULL;
  g_autoptr (GHashTable) contents = treecache_contents (cache, "above", &taken, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_hash_table_size (contents), ==, 4);
  g_assert_cmpstr (g_hash_table_lookup (contents, "bin"), ==, "/");
  g_assert_cmpstr (g_hash_table_lookup (contents, "bin/b"), !=, g_hash_table_lookup (contents, "bin/c"));
  g_assert_cmpuint (taken->len, ==, 3);
  g_assert_null (treecache_contents (cache, "unknown", &none, &error));
  g_assert_error (error, ERROR_DOMAIN, ERROR_NOT_FOUND);
}

/* A link stands where the layer has a folder, or a folder where it has a link: nothing is made through it. */
static void
test_links (Folder *folder, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TreeCache) cache = open_cache (folder);
  autofd above = sub_folder (folder, "tree");
  autofd out = sub_folder (folder, "out");
  autofd elsewhere = sub_folder (folder, "elsewhere");

  folder_write (above, "bin/deep/c", "c", 0755);
  put (folder, "above");
  g_assert_cmpint (symlinkat ("../elsewhere", out, "bin"), ==, 0);
  g_assert_false (treecache_get (cache, "above", out, &error));
  g_assert_nonnull (error);
  g_autoptr (GPtrArray) names = file_list (elsewhere, "elsewhere", NULL);
  g_assert_cmpuint (names->len, ==, 0);
}

/* Change every object file of the repository in turn; what comes back is never the changed content. */
static void
damage (const char *path, const char *how)
{
  g_autofree char *text = NULL;
  gsize length = 0;

  if (strcmp (how, "removed") == 0)
    {
      g_assert_cmpint (g_unlink (path), ==, 0);
      return;
    }
  if (g_file_test (path, G_FILE_TEST_IS_SYMLINK))
    {
      g_unlink (path);
      g_assert_cmpint (symlink ("evil", path), ==, 0);
      return;
    }
  if (strcmp (how, "mode") == 0)
    {
      g_assert_cmpint (g_chmod (path, g_str_has_suffix (path, ".file") ? 0700 : 0644), ==, 0);
      return;
    }
  g_chmod (path, 0644);
  g_assert_true (g_file_get_contents (path, &text, &length, NULL));
  if (strcmp (how, "truncated") == 0)
    length /= 2;
  else if (length > 0)
    text[length / 2] ^= 1;
  FILE *file = fopen (path, "wb");
  fwrite (text, 1, length, file);
  fclose (file);
}

static void
list_objects (const char *folder, GPtrArray *paths)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);

  for (const char *name; (name = g_dir_read_name (dir)) != NULL;)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      if (g_file_test (path, G_FILE_TEST_IS_DIR) && !g_file_test (path, G_FILE_TEST_IS_SYMLINK))
        list_objects (path, paths);
      else
        g_ptr_array_add (paths, g_steal_pointer (&path));
    }
}

static void
test_damage (Folder *folder, gconstpointer data)
{
  const char *how = data;
  autofd tree = sub_folder (folder, "tree");
  g_autofree char *objects = g_build_filename (folder->path, "cache/objects", NULL);
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  guint n_refused = 0;

  fill (tree);
  put (folder, "key");
  list_objects (objects, paths);
  g_assert_cmpuint (paths->len, >, 8);
  for (guint i = 0; i < paths->len; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (TreeCache) cache = open_cache (folder);
      autofd out = sub_folder (folder, "out");

      damage (paths->pdata[i], how);
      if (treecache_get (cache, "key", out, &error))
        {
          g_autofree char *text = folder_read (out, "usr/share/text");
          g_assert_cmpstr (text, ==, "text");
        }
      else
        {
          g_assert_error (error, ERROR_DOMAIN, ERROR_NOT_FOUND);
          g_assert_false (treecache_has (cache, "key"));
          n_refused++;
        }
      file_close_fd (&out);
      g_assert_true (file_remove_tree (folder->fd, "out", NULL));

      /* Building it again repairs the cache. */
      put (folder, "key");
      out = sub_folder (folder, "out");
      g_clear_error (&error);
      treecache_get (cache, "key", out, &error);
      g_assert_no_error (error);
      file_close_fd (&out);
      g_assert_true (file_remove_tree (folder->fd, "out", NULL));
    }
  /* A changed mode of a commit or folder object is no change of content; anything else must be noticed. */
  if (strcmp (how, "mode") != 0)
    g_assert_cmpuint (n_refused, >=, paths->len - (strcmp (how, "removed") == 0 ? 0 : 1)); /* the empty file */
  else
    g_assert_cmpuint (n_refused, >, 0);
}

/* kill -9 at many moments of a put: the key is there with everything, or it is not. */
static void
test_killed (Folder *folder, gconstpointer data)
{
  autofd tree = sub_folder (folder, "tree");
  guint n_killed = 0;

  fill (tree);
  for (int i = 0; i < 200; i++)
    {
      g_autofree char *name = g_strdup_printf ("many/%d", i);
      g_autofree char *text = g_strdup_printf ("content %d", i);
      folder_write (tree, name, text, 0644);
    }
  for (int i = 0; i < 24; i++)
    {
      g_autofree char *key = g_strdup_printf ("key%d", i);
      g_autofree char *mark = g_strdup_printf ("content of round %d", i);
      g_autoptr (GError) error = NULL;
      int status = 0;

      folder_write (tree, "usr/share/text", mark, 0644);
      pid_t child = fork ();
      g_assert_cmpint (child, >=, 0);
      if (child == 0)
        {
          g_autoptr (TreeCache) child_cache = treecache_open (folder->fd, "cache", NULL);
          _exit (child_cache != NULL && treecache_put (child_cache, key, tree, NULL, NULL) ? 0 : 1);
        }
      g_usleep ((gulong) i * 1500);
      kill (child, SIGKILL);
      g_assert_cmpint (waitpid (child, &status, 0), ==, child);
      n_killed += WIFSIGNALED (status);

      g_autoptr (TreeCache) cache = open_cache (folder);
      autofd out = sub_folder (folder, "out");
      if (treecache_has (cache, key))
        {
          treecache_get (cache, key, out, &error);
          g_assert_no_error (error);
          g_autofree char *text = folder_read (out, "usr/share/text");
          g_assert_cmpstr (text, ==, mark);
        }
      file_close_fd (&out);
      g_assert_true (file_remove_tree (folder->fd, "out", NULL));
    }
  g_assert_cmpuint (n_killed, >, 0);
  put (folder, "last");
}

static void
test_bad_keys (Folder *folder, gconstpointer data)
{
  g_autoptr (TreeCache) cache = open_cache (folder);
  autofd tree = sub_folder (folder, "tree");
  g_autofree char *long_key = g_strnfill (5000, 'a');
  const char *const bad[] = { "", ".", "..", "../x", "a/b", "-a", "a b", "a\n", "a:b", "a^", long_key, NULL };

  fill (tree);
  for (gsize i = 0; bad[i] != NULL; i++)
    {
      g_autoptr (GError) error = NULL;
      g_assert_false (treecache_put (cache, bad[i], tree, NULL, &error));
      g_assert_error (error, ERROR_DOMAIN, ERROR_REFUSED);
      g_assert_false (treecache_has (cache, bad[i]));
    }
}

static void
test_bad_trees (Folder *folder, gconstpointer data)
{
  g_autoptr (TreeCache) cache = open_cache (folder);
  g_autoptr (GError) error = NULL;
  autofd tree = sub_folder (folder, "tree");

  g_assert_cmpint (mkdirat (tree, "dir", 0755), ==, 0);
  g_assert_cmpint (mkfifoat (tree, "dir/pipe", 0644), ==, 0);
  g_assert_false (treecache_put (cache, "key", tree, NULL, &error));
  g_assert_nonnull (strstr (error->message, "dir/pipe"));
  g_assert_false (treecache_has (cache, "key"));
  g_assert_cmpint (unlinkat (tree, "dir/pipe", 0), ==, 0);
  put (folder, "key");
}

#define ADD(name, function) \
  g_test_add ("/store/treecache/" name, Folder, NULL, folder_set_up, function, folder_tear_down)
#define ADD_DAMAGE(how) \
  g_test_add ("/store/treecache/damage/" how, Folder, how, folder_set_up, test_damage, folder_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("round-trip", test_round_trip);
  ADD ("copies", test_copies);
  ADD ("layers", test_layers);
  ADD ("links", test_links);
  ADD_DAMAGE ("changed");
  ADD_DAMAGE ("truncated");
  ADD_DAMAGE ("removed");
  ADD_DAMAGE ("mode");
  ADD ("killed", test_killed);
  ADD ("bad-keys", test_bad_keys);
  ADD ("bad-trees", test_bad_trees);
  return g_test_run ();
}
