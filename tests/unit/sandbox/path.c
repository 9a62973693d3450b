/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/path.h"

#include <glib.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static void
test_plain (void)
{
  static const struct { const char *path, *plain; } rows[] = {
    { "/", "/" }, { "//", "/" }, { "/.", "/" }, { "/a", "/a" }, { "/a/", "/a" }, { "//a//b/./c/.", "/a/b/c" },
    { "/...", "/..." }, { "/..a/b..", "/..a/b.." }, { "/ /\n", "/ /\n" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const char *why = NULL;
      char *plain = path_plain (rows[i].path, &why);

      g_assert_cmpstr (plain, ==, rows[i].plain);
      g_assert_null (why);
      free (plain);
    }
}

static void
test_refused (void)
{
  char name[NAME_MAX + 3];
  char *path = g_strnfill (PATH_MAX, 'a');
  const char *bad[] = { NULL, "", "a", "./a", "/..", "/a/../b", "/a/..", name, path };

  memset (name, 'a', sizeof name);
  name[0] = '/';
  name[sizeof name - 1] = '\0';
  for (int i = 0; i < PATH_MAX; i += 100)
    path[i] = '/';
  for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      const char *why = NULL;

      g_assert_null (path_plain (bad[i], &why));
      g_assert_nonnull (why);
    }
  g_free (path);
}

static void
test_way (void)
{
  static const struct { const char *path, *way; bool ends_up; } rows[] = {
    { "", "/", false }, { "/", "/", false }, { "a//b/.", "/a/b", false }, { "/..", "/", false }, { "//..//../a", "/a", false },
    { "../a/../b", "/a/../b", false }, { "/a/..", "/a/..", true }, { "/a/../", "/a/..", true }, { "/a/../../..", "/a/../../..", true },
    { "/a..", "/a..", false }, { "/a/...", "/a/...", false }, { "/a/./..b", "/a/..b", false },
  };
  char *long_path = g_strnfill (PATH_MAX, '/');
  const char *why = NULL;

  for (size_t i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      char *way = path_way (rows[i].path, &why);

      g_assert_cmpstr (way, ==, rows[i].way);
      g_assert_cmpint (path_ends_up (way), ==, rows[i].ends_up);
      free (way);
    }
  g_assert_null (why);
  g_assert_null (path_way (long_path, &why));
  g_assert_nonnull (why);
  g_free (long_path);
}

static void
test_leads_below (void)
{
  g_assert_true (path_leads_below ("/proc/self", "/proc"));
  g_assert_true (path_leads_below ("/a/../proc", "/proc"));
  g_assert_true (path_leads_below ("/a/b/../../../../proc/self/fd/9", "/proc"));
  g_assert_true (path_leads_below ("/proc/a/..", "/proc"));
  g_assert_false (path_leads_below ("/proc/..", "/proc"));
  g_assert_false (path_leads_below ("/a/b/../proc", "/proc"));
  g_assert_false (path_leads_below ("/proc/../a", "/proc"));
  g_assert_false (path_leads_below ("/", "/proc"));
}

static void
test_below (void)
{
  g_assert_true (path_is_below ("/proc", "/proc"));
  g_assert_true (path_is_below ("/proc/x", "/proc"));
  g_assert_true (path_is_below ("/x", "/"));
  g_assert_false (path_is_below ("/process", "/proc"));
  g_assert_false (path_is_below ("/a/proc", "/proc"));
  g_assert_false (path_is_below ("/pro", "/proc"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sandbox/path/plain", test_plain);
  g_test_add_func ("/sandbox/path/refused", test_refused);
  g_test_add_func ("/sandbox/path/below", test_below);
  g_test_add_func ("/sandbox/path/way", test_way);
  g_test_add_func ("/sandbox/path/leads-below", test_leads_below);
  return g_test_run ();
}
