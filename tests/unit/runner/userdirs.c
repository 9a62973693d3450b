/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runner/plan/userdirs.h"

#include "base/file.h"

static void
test_configuration (void)
{
  static const char text[] = "# comment\n"
                             "XDG_DESKTOP_DIR=\"$HOME/Schreibtisch\"\n"
                             "XDG_DOCUMENTS_DIR=\"/data/docs/\"\n"
                             "XDG_MUSIC_DIR=\"$HOME\"\n"
                             "XDG_PICTURES_DIR=\"$HOME/../other\"\n"
                             "XDG_VIDEOS_DIR=relative\n"
                             "XDG_TEMPLATES_DIR=\"unclosed\n"
                             "  XDG_DOWNLOAD_DIR=\"$HOME/a b\"\n";
  static const struct
  {
    const char *word;
    const char *path;
  } rows[] = {
    { "xdg-desktop", "/home/u/Schreibtisch" }, { "xdg-documents", "/data/docs" },   { "xdg-music", NULL },
    { "xdg-pictures", NULL },                  { "xdg-videos", NULL },              { "xdg-templates", "/home/u/Templates" },
    { "xdg-download", "/home/u/a b" },         { "xdg-public-share", "/home/u/Public" }, { "xdg-run", NULL },
  };
  g_autofree char *dir = g_dir_make_tmp ("nacelle-XXXXXX", NULL);
  g_autofree char *config = g_strconcat ("XDG_CONFIG_HOME=", dir, NULL);
  char *variables[] = { config, NULL };
  Host host = { .home = (char *) "/home/u", .variables = variables };
  g_autofree char *file = g_build_filename (dir, "user-dirs.dirs", NULL);

  g_autofree char *unconfigured = userdirs_path (&host, "xdg-documents");
  g_assert_cmpstr (unconfigured, ==, "/home/u/Documents");
  g_assert_true (g_file_set_contents (file, text, -1, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = userdirs_path (&host, rows[i].word);
      g_assert_cmpstr (path, ==, rows[i].path);
    }
  g_assert_true (file_remove_tree (AT_FDCWD, dir, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/runner/userdirs/configuration", test_configuration);
  return g_test_run ();
}
