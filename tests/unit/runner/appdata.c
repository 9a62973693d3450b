/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runner/appdata.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

#define ID "org.example.App"

typedef struct
{
  char *root;
  int root_fd;
  int home_fd;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->root = g_dir_make_tmp ("nacelle-XXXXXX", NULL);
  fixture->root_fd = open (fixture->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_cmpint (mkdirat (fixture->root_fd, "home", 0755), ==, 0);
  g_assert_cmpint (mkdirat (fixture->root_fd, "outside", 0755), ==, 0);
  fixture->home_fd = openat (fixture->root_fd, "home", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  struct stat st;
  /* Whatever was tried, nothing may have been made out there. */
  g_assert_cmpint (unlinkat (fixture->root_fd, "outside", AT_REMOVEDIR), ==, 0);
  g_assert_cmpint (fstatat (fixture->root_fd, "dangling", &st, AT_SYMLINK_NOFOLLOW), ==, -1);
  file_close_fd (&fixture->root_fd);
  file_close_fd (&fixture->home_fd);
  g_assert_true (file_remove_tree (AT_FDCWD, fixture->root, NULL));
  g_free (fixture->root);
}

static int
open_data (Fixture *fixture, GError **error)
{
  return appdata_open (fixture->home_fd, "/home", ID, error);
}

static void
test_made (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  struct stat st;
  autofd fd = open_data (fixture, &error);
  g_assert_no_error (error);
  g_assert_cmpint (fstatat (fixture->root_fd, "home/.var/app/" ID, &st, AT_SYMLINK_NOFOLLOW), ==, 0);
  g_assert_cmpuint (st.st_mode & 0777, ==, 0700);
  autofd below = appdata_open_below (fd, "a/b/c", &error);
  g_assert_no_error (error);
  g_assert_cmpint (fstatat (fd, "a/b/c", &st, 0), ==, 0);
  autofd again = appdata_open_below (fd, "a/b/c", &error);
  g_assert_cmpint (again, >=, 0);
}

/* GHSA-8688-9x26-hhxj: the way to the app's data led through a link that an app had put there. */
static void
test_links_on_the_way (Fixture *fixture, gconstpointer data)
{
  static const char *const places[] = { "home/.var", "home/.var/app", "home/.var/app/" ID };
  static const char *const targets[] = { "/etc", "../outside", "../../outside", "../../../outside", "../dangling", "/dangling",
                                         "." };
  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    for (guint j = 0; j < G_N_ELEMENTS (targets); j++)
      {
        g_autoptr (GError) error = NULL;
        g_assert_true (file_remove_tree (fixture->root_fd, "home/.var", NULL));
        autofd fd = open_data (fixture, NULL);
        g_assert_true (file_remove_tree (fixture->root_fd, places[i], NULL));
        g_assert_cmpint (symlinkat (targets[j], fixture->root_fd, places[i]), ==, 0);
        g_assert_cmpint (open_data (fixture, &error), ==, -1);
        g_assert_error (error, ERROR_DOMAIN, ERROR_REFUSED);
      }
}

/* CVE-2024-42472: a folder that is mounted at the next start was replaced by a link. */
static void
test_links_below (Fixture *fixture, gconstpointer data)
{
  static const char *const targets[] = { "/etc", "../../../../outside", "dangling", "../../../../dangling", "cache" };
  static const char *const places[] = { "cache", "cache/tmp" };
  autofd fd = open_data (fixture, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    for (guint j = 0; j < G_N_ELEMENTS (targets); j++)
      {
        g_autoptr (GError) error = NULL;
        struct stat st;
        g_assert_true (file_remove_tree (fd, "cache", NULL));
        autofd first = appdata_open_below (fd, "cache/tmp", NULL);
        g_assert_true (file_remove_tree (fd, places[i], NULL));
        g_assert_cmpint (symlinkat (targets[j], fd, places[i]), ==, 0);
        autofd second = appdata_open_below (fd, "cache/tmp", &error);
        g_assert_no_error (error);
        g_assert_cmpint (fstatat (fd, places[i], &st, AT_SYMLINK_NOFOLLOW), ==, 0);
        g_assert_true (S_ISDIR (st.st_mode));
      }
}

static void
test_files_in_the_way (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  autofd fd = open_data (fixture, NULL);
  g_assert_true (file_write_atomic (fd, "cache", "precious", 8, 0644, NULL));
  g_assert_cmpint (appdata_open_below (fd, "cache/tmp", &error), ==, -1);
  g_assert_nonnull (error);
  g_autofree char *kept = file_read (fd, "cache", 100, NULL, NULL);
  g_assert_cmpstr (kept, ==, "precious");
}

#define ADD(name, function) g_test_add ("/runner/appdata/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("made", test_made);
  ADD ("GHSA-8688-9x26-hhxj", test_links_on_the_way);
  ADD ("CVE-2024-42472", test_links_below);
  ADD ("files-in-the-way", test_files_in_the_way);
  return g_test_run ();
}
