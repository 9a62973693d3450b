/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Compiled Python files: which are made valid for any time, which go, which stay as they are.
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/tree/pyc.h"

#define NEW_TIME 1321009871
#define MAGIC_311 3495
#define MAGIC_27 62211

typedef struct
{
  char *path;
  int fd;
  GPtrArray *changes;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->fd = file_mkdtemp (AT_FDCWD, "/tmp/pyc-", &fixture->path, &error);
  g_assert_no_error (error);
  fixture->changes = g_ptr_array_new ();
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_true (file_remove_tree (AT_FDCWD, fixture->path, NULL));
  file_close_fd (&fixture->fd);
  g_free (fixture->path);
  g_ptr_array_unref (fixture->changes);
}

static void
put (Fixture *fixture, const char *path, const void *bytes, gsize length, gint64 time, gboolean changed)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_path_get_dirname (path);
  const struct timespec times[2] = { { .tv_sec = time }, { .tv_sec = time } };
  autofd dir = file_mkdir_p (fixture->fd, folder, 0755, &error);

  g_assert_true (file_write_atomic (fixture->fd, path, bytes, length, 0644, &error));
  g_assert_cmpint (utimensat (fixture->fd, path, times, AT_SYMLINK_NOFOLLOW), ==, 0);
  if (changed)
    g_ptr_array_add (fixture->changes, (gpointer) path);
}

static void
put_compiled (Fixture *fixture, const char *path, guint16 magic, guint32 flags, guint32 time, gboolean changed)
{
  guint8 bytes[20] = { (guint8) magic, (guint8) (magic >> 8), '\r', '\n' };
  gsize at = 4;

  if (magic == MAGIC_311)
    {
      bytes[4] = (guint8) flags;
      at = 8;
    }
  for (int i = 0; i < 4; i++)
    bytes[at + (gsize) i] = (guint8) (time >> 8 * i);
  memcpy (bytes + 16, "code", 4);
  put (fixture, path, bytes, sizeof bytes, 5, changed);
}

static char *
header (Fixture *fixture, const char *path)
{
  gsize length = 0;
  g_autofree char *data = file_read (fixture->fd, path, 100, &length, NULL);
  GString *text = g_string_new (NULL);

  if (data == NULL)
    return g_string_free (g_string_append (text, "gone"), FALSE);
  g_assert_cmpuint (length, ==, 20);
  g_assert_cmpmem (data + 16, 4, "code", 4);
  for (int i = 4; i < 12; i++)
    g_string_append_printf (text, "%02x", (unsigned char) data[i]);
  return g_string_free (text, FALSE);
}

static void
check (Fixture *fixture, const char *path, const char *wanted)
{
  g_autofree char *found = header (fixture, path);

  g_assert_cmpstr (found, ==, wanted);
}

static void
test_fix (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  put (fixture, "lib/a.py", "a", 1, 1000, TRUE);
  put_compiled (fixture, "lib/__pycache__/a.cpython-311.pyc", MAGIC_311, 0, 1000, TRUE);
  put_compiled (fixture, "lib/__pycache__/a.cpython-311.opt-1.pyc", MAGIC_311, 0, 1000, TRUE);
  put_compiled (fixture, "lib/a.pyc", MAGIC_27, 0, 1000, TRUE);
  put (fixture, "lib/hashed.py", "a", 1, 1000, TRUE);
  put_compiled (fixture, "lib/__pycache__/hashed.cpython-311.pyc", MAGIC_311, 3, 77, TRUE);
  put (fixture, "lib/newer.py", "a", 1, 1001, TRUE);
  put_compiled (fixture, "lib/__pycache__/newer.cpython-311.pyc", MAGIC_311, 0, 1000, TRUE);
  put_compiled (fixture, "lib/__pycache__/alone.cpython-311.pyc", MAGIC_311, 0, 1000, TRUE);
  put (fixture, "top.py", "a", 1, 1000, TRUE);
  put_compiled (fixture, "__pycache__/top.cpython-311.pyc", MAGIC_311, 0, 1000, TRUE);
  put (fixture, "lib/text.pyc", "no", 2, 1000, TRUE);
  g_assert_true (pyc_fix (fixture->fd, fixture->changes, NEW_TIME, &error));
  g_assert_no_error (error);
  check (fixture, "lib/__pycache__/a.cpython-311.pyc", "0100000000000000");
  check (fixture, "__pycache__/top.cpython-311.pyc", "0100000000000000");
  check (fixture, "lib/__pycache__/a.cpython-311.opt-1.pyc", "0100000000000000");
  check (fixture, "lib/a.pyc", "cf02bd4e00000000");
  check (fixture, "lib/__pycache__/hashed.cpython-311.pyc", "030000004d000000");
  check (fixture, "lib/__pycache__/newer.cpython-311.pyc", "gone");
  check (fixture, "lib/__pycache__/alone.cpython-311.pyc", "00000000e8030000");
}

/* A source that a later module replaced makes what an earlier one compiled stale, though nothing in the file shows it any more. */
static void
test_stale (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  put (fixture, "lib/a.py", "new", 3, 2000, TRUE);
  put_compiled (fixture, "lib/__pycache__/a.cpython-311.pyc", MAGIC_311, 1, 0, FALSE);
  put_compiled (fixture, "lib/__pycache__/a.cpython-310.pyc", MAGIC_311, 3, 0, FALSE);   /* looks for itself */
  put_compiled (fixture, "lib/__pycache__/ab.cpython-311.pyc", MAGIC_311, 1, 0, FALSE);
  put_compiled (fixture, "lib/a.pyo", MAGIC_27, 0, NEW_TIME, FALSE);
  g_assert_true (pyc_fix (fixture->fd, fixture->changes, NEW_TIME, &error));
  check (fixture, "lib/__pycache__/a.cpython-311.pyc", "gone");
  check (fixture, "lib/__pycache__/a.cpython-310.pyc", "0300000000000000");
  check (fixture, "lib/__pycache__/ab.cpython-311.pyc", "0100000000000000");
  check (fixture, "lib/a.pyo", "gone");
}

static void
test_links (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  put (fixture, "outside/a.py", "a", 1, 1000, FALSE);
  put_compiled (fixture, "outside/__pycache__/a.cpython-311.pyc", MAGIC_311, 0, 1000, FALSE);
  put_compiled (fixture, "outside/b.pyc", MAGIC_311, 0, 1, FALSE);
  autofd tree = file_mkdir_p (fixture->fd, "tree", 0755, &error);
  g_assert_cmpint (symlinkat ("../outside", tree, "lib"), ==, 0);
  g_assert_cmpint (symlinkat ("../outside/b.pyc", tree, "a.pyc"), ==, 0);
  g_assert_cmpint (symlinkat ("../outside/a.py", tree, "a.py"), ==, 0);
  g_assert_cmpint (symlinkat ("../outside/__pycache__", tree, "__pycache__"), ==, 0);
  g_assert_cmpint (mkfifoat (tree, "pipe.pyc", 0644), ==, 0);
  static const char *const paths[] = { "lib/a.py", "lib/__pycache__/a.cpython-311.pyc", "a.pyc", "a.py", "pipe.pyc" };
  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    g_ptr_array_add (fixture->changes, (gpointer) paths[i]);
  g_assert_true (pyc_fix (tree, fixture->changes, NEW_TIME, &error));
  g_assert_no_error (error);
  check (fixture, "outside/__pycache__/a.cpython-311.pyc", "00000000e8030000");
  check (fixture, "outside/b.pyc", "0000000001000000");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/pyc/fix", Fixture, NULL, set_up, test_fix, tear_down);
  g_test_add ("/pyc/stale", Fixture, NULL, set_up, test_stale, tear_down);
  g_test_add ("/pyc/links", Fixture, NULL, set_up, test_links, tear_down);
  return g_test_run ();
}
