/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A folder to unpack archives into, with nothing beside it, before and after.
 */
#pragma once

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/sources/unarchive.h"

typedef struct
{
  char *top;
  int tree_fd;
} Fixture;

static inline void
fixture_open (Fixture *f, gconstpointer data)
{
  g_autofree char *tree = NULL;

  f->top = g_dir_make_tmp ("nacelle-formats-XXXXXX", NULL);
  tree = g_build_filename (f->top, "deep", "er", "tree", NULL);
  g_assert_cmpint (g_mkdir_with_parents (tree, 0755), ==, 0);
  f->tree_fd = open (tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static inline void
fixture_close (Fixture *f, gconstpointer data)
{
  g_autofree char *up = g_build_filename (f->top, "deep", "er", NULL);
  g_autoptr (GDir) dir = g_dir_open (up, 0, NULL);

  g_assert_cmpstr (g_dir_read_name (dir), ==, "tree"); /* nothing came to be beside it */
  g_assert_null (g_dir_read_name (dir));
  close (f->tree_fd);
  g_assert_true (file_remove_tree (AT_FDCWD, f->top, NULL));
  g_free (f->top);
}

static inline void
empty_tree (Fixture *f)
{
  g_autofree char *path = g_build_filename (f->top, "deep", "er", "tree", NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    g_assert_true (file_remove_tree (f->tree_fd, name, NULL));
}

static inline gboolean
unpack (Fixture *f, int fd, const UnarchiveRules *rules, GError **error)
{
  const UnarchiveRules none = { .strip = 1 };

  return unarchive_fd (fd, "the archive", f->tree_fd, rules != NULL ? rules : &none, error);
}

static inline void
assert_text (Fixture *f, const char *path, const char *text)
{
  g_autofree char *found = file_read (f->tree_fd, path, 1000, NULL, NULL);

  g_assert_cmpstr (found, ==, text);
}

static inline void
assert_refused (Fixture *f, int fd, const UnarchiveRules *rules, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (unpack (f, fd, rules, &error));
  g_assert_nonnull (error);
  if (strstr (error->message, words) == NULL)
    g_error ("\"%s\" does not say \"%s\"", error->message, words);
}
