/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The install tree between modules: listing of changes, its one form, copies, exports.
 */
#include <elf.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "bundle/desktop-file.h"
#include "bundle/exported.h"
#include "builder/export/export.h"
#include "builder/tree/changes.h"
#include "builder/tree/copy.h"
#include "builder/tree/elf.h"
#include "builder/tree/normalise.h"

typedef struct
{
  char *path;
  int fd;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  char *template = g_build_filename (g_get_tmp_dir (), "nacelle-tree-XXXXXX", NULL);

  fixture->path = g_mkdtemp (template);
  g_assert_nonnull (fixture->path);
  fixture->fd = file_open (AT_FDCWD, fixture->path, O_RDONLY | O_DIRECTORY, 0, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  close (fixture->fd);
  g_assert_true (file_remove_tree (AT_FDCWD, fixture->path, &error));
  g_free (fixture->path);
}

static void
put (int dirfd, const char *path, const char *text, mode_t mode)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *parent = g_path_get_dirname (path);
  autofd dir = file_mkdir_p (dirfd, parent, 0755, &error);

  g_assert_no_error (error);
  autofd fd = file_open (dirfd, path, O_WRONLY | O_CREAT | O_TRUNC, mode, &error);
  g_assert_no_error (error);
  g_assert_true (file_write_all (fd, path, text, strlen (text), &error));
  g_assert_cmpint (fchmod (fd, mode), ==, 0);
}

static char *
join (const GPtrArray *paths)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < paths->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? " " : "", (char *) paths->pdata[i]);
  return g_strdup (text->str);
}

static void
test_changes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  put (fixture->fd, "bin/same", "1", 0755);
  put (fixture->fd, "bin/edited", "1", 0755);
  put (fixture->fd, "bin/gone", "1", 0755);
  put (fixture->fd, "bin/turned", "1", 0755);
  g_autoptr (TreeListing) before = tree_listing_new (fixture->fd, &error);
  g_assert_no_error (error);
  put (fixture->fd, "bin/edited", "2", 0755);
  put (fixture->fd, "share/new\nline", "1", 0644);
  g_assert_cmpint (unlinkat (fixture->fd, "bin/gone", 0), ==, 0);
  g_assert_cmpint (unlinkat (fixture->fd, "bin/turned", 0), ==, 0);
  g_assert_cmpint (symlinkat ("same", fixture->fd, "bin/turned"), ==, 0);
  g_autoptr (TreeListing) after = tree_listing_new (fixture->fd, &error);
  g_assert_no_error (error);

  g_autoptr (GPtrArray) changes = tree_listing_changes (before, after);
  g_autofree char *text = join (changes);
  g_assert_cmpstr (text, ==, "bin/edited bin/turned share share/new\nline");

  g_autoptr (GBytes) bytes = tree_changes_format (changes);
  g_autoptr (GPtrArray) again = tree_changes_parse (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  g_autofree char *text_again = join (again);
  g_assert_cmpstr (text_again, ==, text);

  g_autoptr (GPtrArray) none = tree_listing_changes (after, after);
  g_assert_cmpuint (none->len, ==, 0);
}

/* What is gone, and what has become a directory or ceased to be one: the rest of the new tree comes with the changes. */
static void
test_removed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  put (fixture->fd, "a/gone/deep/1", "1", 0644);
  put (fixture->fd, "a/stays", "1", 0644);
  put (fixture->fd, "was-file", "1", 0644);
  put (fixture->fd, "was-dir/in", "1", 0644);
  g_autoptr (TreeListing) before = tree_listing_new (fixture->fd, &error);
  g_assert_true (file_remove_tree (fixture->fd, "a/gone", &error));
  g_assert_true (file_remove_tree (fixture->fd, "was-file", &error));
  g_assert_true (file_remove_tree (fixture->fd, "was-dir", &error));
  put (fixture->fd, "was-file/in", "1", 0644);
  put (fixture->fd, "was-dir", "1", 0644);
  g_autoptr (TreeListing) after = tree_listing_new (fixture->fd, &error);
  g_assert_no_error (error);

  g_autoptr (GPtrArray) removed = tree_listing_removed (before, after);
  g_autofree char *text = join (removed);
  g_assert_cmpstr (text, ==, "a/gone was-dir was-file");
  g_autoptr (GPtrArray) changes = tree_listing_changes (before, after);
  g_autofree char *changed = join (changes);
  g_assert_cmpstr (changed, ==, "was-dir was-file was-file/in");
  g_autoptr (GPtrArray) none = tree_listing_removed (after, after);
  g_assert_cmpuint (none->len, ==, 0);
}

/* A file of changes that a power cut left is known as such. */
static void
test_changes_cut (void)
{
  static const char whole[] = "2\0a/b\0c";

  g_autoptr (GPtrArray) good = tree_changes_parse (whole, sizeof whole);
  g_assert_cmpuint (good->len, ==, 2);
  for (gsize length = 0; length < sizeof whole; length++)
    g_assert_null (tree_changes_parse (whole, length));
  g_assert_null (tree_changes_parse ("\0\0\0\0", 4));
  g_assert_null (tree_changes_parse ("2\0\0\0", 4));
}

static void
test_normalise (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  struct stat st;

  put (fixture->fd, "bin/tool", "1", 04711);
  put (fixture->fd, "share/secret", "1", 0600);
  put (fixture->fd, "share/open", "1", 0666);
  put (fixture->fd, "share/closed", "1", 0);
  put (fixture->fd, "shut/in", "1", 0644);
  g_assert_cmpint (linkat (fixture->fd, "share/open", fixture->fd, "share/second", 0), ==, 0);
  g_assert_cmpint (symlinkat ("/nowhere", fixture->fd, "share/link"), ==, 0);
  g_assert_cmpint (fchmodat (fixture->fd, "shut", 0, 0), ==, 0);
  g_assert_true (tree_normalise (fixture->fd, 1234567, &error));
  g_assert_no_error (error);

  static const struct { const char *path; mode_t mode; } wanted[] = {
    { "bin", 0755 }, { "bin/tool", 0755 }, { "share/secret", 0644 }, { "share/open", 0644 }, { "share/closed", 0644 },
    { "shut", 0755 }, { "shut/in", 0644 }, { "share/second", 0644 },
  };
  for (gsize i = 0; i < G_N_ELEMENTS (wanted); i++)
    {
      g_assert_cmpint (fstatat (fixture->fd, wanted[i].path, &st, AT_SYMLINK_NOFOLLOW), ==, 0);
      g_assert_cmpuint (st.st_mode & 07777, ==, wanted[i].mode);
      g_assert_cmpint (st.st_mtim.tv_sec, ==, 1234567);
      if (S_ISREG (st.st_mode))
        g_assert_cmpuint (st.st_nlink, ==, 1);
    }
  g_assert_cmpint (fstatat (fixture->fd, "share/link", &st, AT_SYMLINK_NOFOLLOW), ==, 0);
  g_assert_true (S_ISLNK (st.st_mode));
  g_assert_cmpint (st.st_mtim.tv_sec, ==, 1234567);
}

/* A mode or a time must not be set through a link. */
static void
test_normalise_leaves_link_targets (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  struct stat st;

  put (fixture->fd, "outside", "1", 0600);
  put (fixture->fd, "tree/in", "1", 0600);
  g_assert_cmpint (symlinkat ("../outside", fixture->fd, "tree/link"), ==, 0);
  autofd tree = file_open (fixture->fd, "tree", O_RDONLY | O_DIRECTORY, 0, &error);
  g_assert_no_error (error);
  g_assert_true (tree_normalise (tree, 1234567, &error));
  g_assert_cmpint (fstatat (fixture->fd, "outside", &st, 0), ==, 0);
  g_assert_cmpuint (st.st_mode & 07777, ==, 0600);
  g_assert_cmpint (st.st_mtim.tv_sec, !=, 1234567);
  g_assert_cmpint (fstatat (fixture->fd, "tree/in", &st, 0), ==, 0);
  g_assert_cmpuint (st.st_mode & 07777, ==, 0644);
}

static void
test_normalise_refuses_special_files (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (mkfifoat (fixture->fd, "pipe", 0644), ==, 0);
  g_assert_false (tree_normalise (fixture->fd, 0, &error));
  g_assert_error (error, ERROR_DOMAIN, ERROR_REFUSED);
  g_assert_nonnull (strstr (error->message, "'pipe'"));
}

static void
test_copy (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  char target[64] = { 0 };

  put (fixture->fd, "from/a/b/c", "deep", 0755);
  put (fixture->fd, "secret", "canary", 0600);
  g_assert_cmpint (symlinkat ("../../secret", fixture->fd, "from/a/link"), ==, 0);
  autofd from = file_open (fixture->fd, "from", O_RDONLY | O_DIRECTORY, 0, &error);
  autofd to = file_mkdir_p (fixture->fd, "to", 0755, &error);
  g_assert_true (tree_copy (from, to, &error));
  g_assert_no_error (error);
  g_autofree char *text = file_read (fixture->fd, "to/a/b/c", 100, NULL, &error);
  g_assert_cmpstr (text, ==, "deep");
  g_assert_cmpint (readlinkat (fixture->fd, "to/a/link", target, sizeof target - 1), ==, 12);
  g_assert_cmpstr (target, ==, "../../secret");
}

static void
test_elf (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) paths = g_ptr_array_new ();
  autofd self = file_open (AT_FDCWD, "/proc/self/exe", O_RDONLY, 0, &error);
  autofd copy = file_open (fixture->fd, "program", O_WRONLY | O_CREAT, 0755, &error);

  g_assert_true (file_copy_fd (self, copy, "program", &error));
  put (fixture->fd, "script", "#!/bin/sh\n", 0755);
  put (fixture->fd, "short", "\177ELF", 0755);
  put (fixture->fd, "object", "\177ELF\2\1\1........." "\1...", 0755);
  g_assert_cmpint (symlinkat ("program", fixture->fd, "link"), ==, 0);
  g_assert_cmpint (mkfifoat (fixture->fd, "pipe", 0644), ==, 0);
  /* A table of sections that would reach far beyond the file. */
  g_autofree char *lying = g_strdup_printf ("\177ELF\2\1\1");
  put (fixture->fd, "lying", lying, 0755);
  autofd lie = file_open (fixture->fd, "lying", O_RDWR, 0, &error);
  const Elf64_Ehdr head = { .e_ident = "\177ELF\2\1\1", .e_type = ET_DYN, .e_shoff = G_MAXUINT64 - 10, .e_shnum = 65535, .e_shentsize = 65535 };
  g_assert_cmpint (pwrite (lie, &head, sizeof head, 0), ==, sizeof head);
  g_assert_cmpint (linkat (fixture->fd, "program", fixture->fd, "archive.zip", 0), ==, 0);
  static const char *const names[] = { "program", "script", "short", "object", "link", "pipe", "missing", "../program", "lying",
                                       "archive.zip" };
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    g_ptr_array_add (paths, (gpointer) names[i]);
  g_autoptr (GPtrArray) found = elf_with_symbols (fixture->fd, paths);
  g_assert_cmpuint (found->len, ==, 1);
  const ElfFile *file = found->pdata[0];
  g_assert_cmpstr (file->path, ==, "program");
  g_assert_true (file->shared);
}

static void
test_export_names (void)
{
  g_assert_true (exported_name_allowed ("org.example.App", "org.example.App.desktop"));
  g_assert_true (exported_name_allowed ("org.example.App", "org.example.App.Other.desktop"));
  g_assert_true (exported_name_allowed ("org.example.App", "org.example.App-symbolic.svg"));
  g_assert_false (exported_name_allowed ("org.example.App", "org.example.Apple.desktop"));
  g_assert_false (exported_name_allowed ("org.example.App", "firefox.desktop"));
  g_assert_false (exported_name_allowed ("org.example.App", "org.example.App"));
}

/* CVE-2021-21381 */
static void
test_export_forwarding (void)
{
  static const struct { const char *text; gboolean good; } cases[] = {
    { "[Desktop Entry]\nExec=app %U\n", TRUE },
    { "[Desktop Entry]\nExec=app a@@b --x=@@ %U\n", TRUE },
    { "[Desktop Entry]\nName=@@\nExec=app\n", TRUE },
    { "[Desktop Entry]\nExec=app @@ /home/u/canary @@\n", FALSE },
    { "[Desktop Entry]\nExec=app @@u file:///home/u/canary @@\n", FALSE },
    { "[Desktop Entry]\nExec=app @@foo\n", FALSE },
    { "[Desktop Entry]\nExec=app \"@@\" x\n", FALSE },
    { "[Desktop Entry]\nExec=app \\s@@ x\n", FALSE },
    { "[Desktop Entry]\nExec=app\\t@@ x\n", FALSE },
    { "[Desktop Entry]\nExec=sh -c \"\\$x\"\n", TRUE },
    { "[Desktop Entry]\nExec=@@\n", FALSE },
    { "[Desktop Entry]\nExec=app\n[Desktop Action a]\nExec=app @@ /x @@\n", FALSE },
    { "[Desktop Action a]\nExec=app\n", FALSE },
    { "no desktop file", FALSE },
    { "[Desktop Entry]\nExec=\377\n", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_cmpint (desktop_file_check (cases[i].text, strlen (cases[i].text), &error), ==, cases[i].good);
      g_assert_cmpint (error == NULL, ==, cases[i].good);
    }
  g_assert_false (desktop_file_check ("[Desktop Entry]\nExec=a\0b\n", 25, NULL));
}

static void
test_export (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free);

  put (fixture->fd, "files/share/applications/org.example.App.desktop", "[Desktop Entry]\nExec=app mail@@example %u\n", 0600);
  put (fixture->fd, "files/share/applications/firefox.desktop", "bad", 0644);
  put (fixture->fd, "files/share/icons/hicolor/64x64/apps/org.example.App.png", "icon", 0644);
  put (fixture->fd, "files/share/appdata/org.example.App.appdata.xml", "meta", 0644);
  put (fixture->fd, "files/bin/org.example.App.desktop", "elsewhere", 0644);
  put (fixture->fd, "secret", "canary", 0644);
  put (fixture->fd, "outside/org.example.App.service", "canary", 0644);
  g_assert_cmpint (symlinkat ("../../../secret", fixture->fd, "files/share/applications/org.example.App.link.desktop"), ==, 0);
  g_assert_cmpint (symlinkat ("../../outside", fixture->fd, "files/share/dbus-1"), ==, 0);
  autofd files = file_open (fixture->fd, "files", O_RDONLY | O_DIRECTORY, 0, &error);
  autofd export = file_mkdir_p (fixture->fd, "export", 0755, &error);
  g_assert_true (export_collect ("org.example.App", NULL, files, export, notes, &error));
  g_assert_no_error (error);

  autofd nothing = file_mkdir_p (fixture->fd, "nothing", 0755, &error);
  g_autoptr (TreeListing) empty = tree_listing_new (nothing, &error);
  g_autoptr (TreeListing) listing = tree_listing_new (export, &error);
  g_autoptr (GPtrArray) all = tree_listing_changes (empty, listing);
  g_autofree char *text = join (all);
  g_assert_cmpstr (text, ==,
                   "share share/applications share/applications/org.example.App.desktop share/icons share/icons/hicolor "
                   "share/icons/hicolor/64x64 share/icons/hicolor/64x64/apps share/icons/hicolor/64x64/apps/org.example.App.png "
                   "share/metainfo share/metainfo/org.example.App.appdata.xml");
  g_assert_cmpuint (notes->len, ==, 2);
}

/* Services have the names that they are called by, of which the app may own others than its id. */
static void
test_export_services (Fixture *fixture, gconstpointer data)
{
  static const char *const names[] = { "org.example.App", "org.other.One", "org.other.One.More", "org.many.A", "org.manyA", "org.many", "org.evil.B" };
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) owned = g_ptr_array_new ();

  g_ptr_array_add (owned, (gpointer) "org.other.One");
  g_ptr_array_add (owned, (gpointer) "org.many.*");
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_strconcat ("files/share/dbus-1/services/", names[i], ".service", NULL);
      put (fixture->fd, path, "service", 0644);
    }
  put (fixture->fd, "files/share/krunner/dbusplugins/org.example.App.desktop", "[Desktop Entry]\n", 0644);
  put (fixture->fd, "files/share/applications/org.other.One.desktop", "[Desktop Entry]\n", 0644);
  autofd files = file_open (fixture->fd, "files", O_RDONLY | O_DIRECTORY, 0, &error);
  autofd export = file_mkdir_p (fixture->fd, "export", 0755, &error);
  g_assert_true (export_collect ("org.example.App", owned, files, export, notes, &error));
  g_assert_no_error (error);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_strconcat ("share/dbus-1/services/", names[i], ".service", NULL);
      gboolean wanted = strstr (names[i], "evil") == NULL && strstr (names[i], "More") == NULL && strcmp (names[i], "org.manyA") != 0;
      g_assert_cmpint (faccessat (export, path, F_OK, 0) == 0, ==, wanted);
    }
  g_assert_cmpint (faccessat (export, "share/krunner/dbusplugins/org.example.App.desktop", F_OK, 0), ==, 0);
  g_assert_cmpint (faccessat (export, "share/applications", F_OK, 0), !=, 0);
  g_assert_cmpuint (notes->len, ==, 4);
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/tree/changes", test_changes);
  ADD ("/tree/removed", test_removed);
  g_test_add_func ("/builder/tree/changes-cut", test_changes_cut);
  ADD ("/tree/normalise", test_normalise);
  ADD ("/tree/normalise-leaves-link-targets", test_normalise_leaves_link_targets);
  ADD ("/tree/normalise-refuses-special-files", test_normalise_refuses_special_files);
  ADD ("/tree/copy", test_copy);
  ADD ("/tree/elf", test_elf);
  ADD ("/export/files", test_export);
  ADD ("/export/services", test_export_services);
  g_test_add_func ("/export/names", test_export_names);
  g_test_add_func ("/export/forwarding/CVE-2021-21381", test_export_forwarding);
  return g_test_run ();
}
