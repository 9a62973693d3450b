/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runner/place.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

static void
test_links (void)
{
  g_autofree char *made = g_dir_make_tmp ("nacelle-XXXXXX", NULL);
  char *root = realpath (made, NULL);
  autofd dir = open (root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_autoptr (GPtrArray) links = g_ptr_array_new_with_free_func ((GDestroyNotify) place_link_free);
  g_autofree char *canonical = NULL;
  g_autofree char *path = g_strconcat (root, "/a/./b//..//link/file", NULL);
  g_autofree char *expected = g_strconcat (root, "/real/file", NULL);
  g_autofree char *absolute = g_strconcat (root, "/a/hop", NULL);
  g_autofree char *link_path = g_strconcat (root, "/a/link", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (mkdirat (dir, "a", 0755), ==, 0);
  g_assert_cmpint (mkdirat (dir, "a/b", 0755), ==, 0);
  g_assert_cmpint (mkdirat (dir, "real", 0755), ==, 0);
  g_assert_true (file_write_atomic (dir, "real/file", "x", 1, 0644, NULL));
  g_assert_cmpint (symlinkat (absolute, dir, "a/link"), ==, 0);
  g_assert_cmpint (symlinkat ("../real", dir, "a/hop"), ==, 0);
  g_assert_cmpint (symlinkat ("loop", dir, "loop"), ==, 0);

  autofd fd = place_open (path, &canonical, links, &error);
  g_assert_no_error (error);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpstr (canonical, ==, expected);
  const PlaceLink *first = NULL;
  for (guint i = 0; i < links->len && first == NULL; i++)
    if (g_str_has_suffix (((PlaceLink *) links->pdata[i])->path, "/a/link"))
      first = links->pdata[i];
  g_assert_nonnull (first);
  g_assert_cmpstr (first->path, ==, link_path);
  g_assert_cmpstr (first->target, ==, absolute);

  g_autofree char *loop = g_strconcat (root, "/loop/x", NULL);
  g_autofree char *none = g_strconcat (root, "/none/x", NULL);
  g_autofree char *through_file = g_strconcat (root, "/real/file/x", NULL);
  g_autofree char *unused = NULL;
  g_assert_cmpint (place_open (loop, &unused, NULL, NULL), ==, -1);
  g_assert_cmpint (place_open (none, &unused, NULL, &error), ==, -1);
  g_assert_error (error, ERROR_DOMAIN, ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_cmpint (place_open (through_file, &unused, NULL, &error), ==, -1);
  g_assert_error (error, ERROR_DOMAIN, ERROR_NOT_FOUND);
  g_assert_null (unused);

  g_assert_true (file_remove_tree (AT_FDCWD, root, NULL));
  free (root);
}

static void
test_root (void)
{
  g_autofree char *canonical = NULL;
  autofd fd = place_open ("/../..", &canonical, NULL, NULL);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpstr (canonical, ==, "/");
}

static void
test_below (void)
{
  g_assert_true (place_is_below ("/a/b", "/a"));
  g_assert_true (place_is_below ("/a", "/a"));
  g_assert_false (place_is_below ("/ab", "/a"));
  g_assert_false (place_is_below ("/a", "/a/b"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/runner/place/links", test_links);
  g_test_add_func ("/runner/place/root", test_root);
  g_test_add_func ("/runner/place/below", test_below);
  return g_test_run ();
}
