/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/file.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

typedef struct
{
  char *path;
  int fd;
} Folder;

static void
set_up (Folder *folder, gconstpointer data)
{
  folder->path = g_dir_make_tmp ("nacelle-file-XXXXXX", NULL);
  folder->fd = file_open (AT_FDCWD, folder->path, O_RDONLY | O_DIRECTORY, 0, NULL);
  g_assert_cmpint (folder->fd, >=, 0);
}

static void
tear_down (Folder *folder, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (file_remove_tree (AT_FDCWD, folder->path, &error));
  g_assert_no_error (error);
  g_assert_false (g_file_test (folder->path, G_FILE_TEST_EXISTS));
  file_close_fd (&folder->fd);
  g_free (folder->path);
}

static void
write_text (int dirfd, const char *path, const char *text)
{
  g_autoptr (GError) error = NULL;

  file_write_atomic (dirfd, path, text, strlen (text), 0644, &error);
  g_assert_no_error (error);
}

static void
test_read_write (Folder *folder, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  gsize length = 0;

  write_text (folder->fd, "a", "first");
  write_text (folder->fd, "a", "second");
  g_autofree char *text = file_read (folder->fd, "a", 100, &length, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "second");
  g_assert_cmpuint (length, ==, 6);

  g_assert_null (file_read (folder->fd, "a", 5, NULL, &error));
  g_assert_error (error, ERROR_DOMAIN, ERROR_REFUSED);
  g_clear_error (&error);
  g_assert_null (file_read (folder->fd, ".", 100, NULL, &error));
  g_assert_error (error, ERROR_DOMAIN, ERROR_REFUSED);
  g_clear_error (&error);
  g_assert_null (file_read (folder->fd, "none", 100, NULL, &error));
  g_assert_error (error, ERROR_DOMAIN, ERROR_NOT_FOUND);
  g_clear_error (&error);
  /* A fifo neither hangs nor counts as a file. */
  g_assert_cmpint (mkfifoat (folder->fd, "fifo", 0600), ==, 0);
  g_assert_null (file_read (folder->fd, "fifo", 100, NULL, &error));
  g_assert_error (error, ERROR_DOMAIN, ERROR_REFUSED);
}

/* What must hold with openat2(2) and without. */
static void
check_beneath (int fd)
{
  g_autoptr (GError) error = NULL;
  static const char *const refused[] = { "out/secret", "up", "sub/../sub/file", "abs", "loop/x", "../x", "/etc/passwd" };

  autofd good = file_open_beneath (fd, "sub/file", O_RDONLY, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpint (good, >=, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      /* ".." inside the tree is allowed by the kernel and refused by the other way: both stay beneath. */
      if (i == 2)
        continue;
      int bad = file_open_beneath (fd, refused[i], O_RDONLY, 0, &error);
      g_assert_cmpint (bad, ==, -1);
      g_assert_error (error, ERROR_DOMAIN, ERROR_REFUSED);
      g_clear_error (&error);
    }
  int link = file_open_beneath (fd, "up", O_PATH | O_NOFOLLOW, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpint (link, >=, 0);
  file_close_fd (&link);
  g_assert_cmpint (file_open_beneath (fd, "up", O_PATH, 0, &error), ==, -1);
  g_assert_error (error, ERROR_DOMAIN, ERROR_REFUSED);
  g_assert_true (file_is_beneath (fd, "sub/file") && file_is_beneath (fd, "abs"));
  g_assert_false (file_is_beneath (fd, "out/passwd") || file_is_beneath (fd, "sub/none"));
  g_autofree char *text = file_read_beneath (fd, "sub/file", 100, NULL, NULL);
  g_assert_cmpstr (text, ==, "x");
  g_assert_null (file_read_beneath (fd, "abs", 1 << 20, NULL, NULL));
  g_assert_null (file_read_beneath (fd, "out/passwd", 1 << 20, NULL, NULL));
}

static void
make_links (Folder *folder)
{
  autofd sub = file_mkdir_p (folder->fd, "sub/deep/er", 0755, NULL);

  g_assert_cmpint (sub, >=, 0);
  write_text (folder->fd, "sub/file", "x");
  g_assert_cmpint (symlinkat ("/etc", folder->fd, "out"), ==, 0);
  g_assert_cmpint (symlinkat ("..", folder->fd, "up"), ==, 0);
  g_assert_cmpint (symlinkat ("/etc/passwd", folder->fd, "abs"), ==, 0);
  g_assert_cmpint (symlinkat ("loop", folder->fd, "loop"), ==, 0);
}

static void
test_beneath (Folder *folder, gconstpointer data)
{
  make_links (folder);
  check_beneath (folder->fd);
}

/* The same in a process where openat2(2) answers ENOSYS. */
static void
test_beneath_without_openat2 (Folder *folder, gconstpointer data)
{
  struct sock_filter code[] = {
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = { G_N_ELEMENTS (code), code };
  int status;

  make_links (folder);
  pid_t pid = fork ();
  if (pid == 0)
    {
      if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0)
        _exit (2);
      check_beneath (folder->fd); /* aborts on failure */
      /* Lest all this went through openat2 after all. */
      _exit (syscall (SYS_openat2, folder->fd, ".", NULL, 0) == -1 && errno == ENOSYS ? 0 : 3);
    }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

static void
test_mkdir_p (Folder *folder, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  make_links (folder);
  autofd again = file_mkdir_p (folder->fd, "sub/deep/er", 0755, &error);
  g_assert_no_error (error);
  g_assert_cmpint (again, >=, 0);
  static const char *const refused[] = { "up/x", "out/x", "sub/../y", "sub/file/z" };
  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_assert_cmpint (file_mkdir_p (folder->fd, refused[i], 0755, &error), ==, -1);
      g_assert_error (error, ERROR_DOMAIN, ERROR_REFUSED);
      g_clear_error (&error);
    }
}

/* An umask can take from the others, not from us what we are about to use. */
static void
test_mkdir_p_umask (Folder *folder, gconstpointer data)
{
  const struct { mode_t mask, mode, expected; } cases[] = {
    { 0777, 0755, 0700 }, { 0277, 0755, 0700 }, { 0027, 0755, 0750 }, { 0022, 0700, 0700 }, { 0777, 0500, 0500 },
  };
  struct stat st;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *outer = g_strdup_printf ("masked%zu", i);
      g_autofree char *inner = g_strconcat (outer, cases[i].mode == 0700 || cases[i].mode == 0755 ? "/deep/er" : "", NULL);
      g_autoptr (GError) error = NULL;
      mode_t mask = umask (cases[i].mask);
      autofd fd = file_mkdir_p (folder->fd, inner, cases[i].mode, &error);
      umask (mask);
      g_assert_no_error (error);
      g_assert_cmpint (fstat (fd, &st), ==, 0);
      g_assert_cmpint (st.st_mode & 07777, ==, cases[i].expected);
      g_assert_cmpint (fstatat (folder->fd, outer, &st, 0), ==, 0);
      g_assert_cmpint (st.st_mode & 07777, ==, cases[i].expected);
    }
  /* What was there is left as it is. */
  g_assert_cmpint (mkdirat (folder->fd, "closed", 0500), ==, 0);
  autofd closed = file_mkdir_p (folder->fd, "closed", 0755, NULL);
  g_assert_cmpint (fstat (closed, &st), ==, 0);
  g_assert_cmpint (st.st_mode & 07777, ==, 0500);
}

static void
test_remove_tree (Folder *folder, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *outside = g_dir_make_tmp ("nacelle-outside-XXXXXX", NULL);
  g_autofree char *canary = g_build_filename (outside, "canary", NULL);

  write_text (AT_FDCWD, canary, "alive");
  autofd tree = file_mkdir_p (folder->fd, "tree/a/b/c", 0755, &error);
  g_assert_no_error (error);
  g_assert_cmpint (symlinkat (outside, folder->fd, "tree/a/link"), ==, 0);
  write_text (folder->fd, "tree/a/b/file", "x");
  g_assert_cmpint (fchmodat (folder->fd, "tree/a/b", 0, 0), ==, 0);
  g_assert_cmpint (fchmodat (folder->fd, "tree/a", 0500, 0), ==, 0);
  g_assert_true (file_remove_tree (folder->fd, "tree", &error));
  g_assert_no_error (error);
  g_assert_cmpint (faccessat (folder->fd, "tree", F_OK, AT_SYMLINK_NOFOLLOW), ==, -1);
  g_assert_true (g_file_test (canary, G_FILE_TEST_EXISTS));
  /* A link is removed itself; a missing name is no failure. */
  g_assert_cmpint (symlinkat (outside, folder->fd, "link"), ==, 0);
  g_assert_true (file_remove_tree (folder->fd, "link", &error));
  g_assert_true (file_remove_tree (folder->fd, "link", &error));
  g_assert_true (g_file_test (canary, G_FILE_TEST_EXISTS));
  g_assert_true (file_remove_tree (AT_FDCWD, outside, &error));
}

static void
test_remove_deep (Folder *folder, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  autofd current = file_mkdir_p (folder->fd, "deep", 0755, &error);

  for (int i = 0; i < 3000; i++)
    {
      int next = file_mkdir_p (current, "d", 0755, &error);
      g_assert_no_error (error);
      file_close_fd (&current);
      current = next;
    }
  g_assert_true (file_remove_tree (folder->fd, "deep", &error));
  g_assert_no_error (error);
  g_assert_cmpint (faccessat (folder->fd, "deep", F_OK, 0), ==, -1);
}

static void
test_copy_and_hash (Folder *folder, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  write_text (folder->fd, "in", "abc");
  autofd in = file_open (folder->fd, "in", O_RDONLY, 0, &error);
  autofd out = file_open (folder->fd, "out", O_RDWR | O_CREAT | O_EXCL, 0644, &error);
  g_assert_true (file_copy_fd (in, out, "in", &error));
  g_assert_cmpint (lseek (out, 0, SEEK_SET), ==, 0);
  g_autofree char *hash = file_sha256_fd (out, "out", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (hash, ==, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void
test_lock (Folder *folder, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  autofd shared = file_lock (folder->fd, "lock", FALSE, FALSE, &error);
  autofd second = file_lock (folder->fd, "lock", FALSE, FALSE, &error);

  g_assert_no_error (error);
  g_assert_cmpint (second, >=, 0);
  g_assert_cmpint (file_lock (folder->fd, "lock", TRUE, FALSE, &error), ==, -1);
  g_assert_error (error, ERROR_DOMAIN, ERROR_UNAVAILABLE);
  g_clear_error (&error);
  file_close_fd (&shared);
  file_close_fd (&second);
  autofd exclusive = file_lock (folder->fd, "lock", TRUE, FALSE, &error);
  g_assert_no_error (error);
  g_assert_cmpint (exclusive, >=, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add ("/base/file/" name, Folder, NULL, set_up, function, tear_down)
  ADD ("read-write", test_read_write);
  ADD ("beneath", test_beneath);
  ADD ("beneath-without-openat2", test_beneath_without_openat2);
  ADD ("mkdir-p", test_mkdir_p);
  ADD ("mkdir-p/umask", test_mkdir_p_umask);
  ADD ("remove-tree", test_remove_tree);
  ADD ("remove-deep", test_remove_deep);
  ADD ("copy-and-hash", test_copy_and_hash);
  ADD ("lock", test_lock);
  return g_test_run ();
}
