/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bundle/filesystem.h"

#include <string.h>

#include "base/error.h"

static void
test_tokens (void)
{
  static const struct
  {
    const char *text;
    const char *token;
    FilesystemMode mode;
    const char *formatted;
  } rows[] = {
    { "home", "home", FILESYSTEM_READ_WRITE, "home" },
    { "~", "home", FILESYSTEM_READ_WRITE, "home" },
    { "~/", "home", FILESYSTEM_READ_WRITE, "home" },
    { "home/x", "~/x", FILESYSTEM_READ_WRITE, "~/x" },
    { "~/x//y/./z/", "~/x/y/z", FILESYSTEM_READ_WRITE, "~/x/y/z" },
    { "host:ro", "host", FILESYSTEM_READ_ONLY, "host:ro" },
    { "host-os", "host-os", FILESYSTEM_READ_WRITE, "host-os" },
    { "host-etc:ro", "host-etc", FILESYSTEM_READ_ONLY, "host-etc:ro" },
    { "host-root", "host-root", FILESYSTEM_READ_WRITE, "host-root" },
    { "xdg-documents:rw", "xdg-documents", FILESYSTEM_READ_WRITE, "xdg-documents" },
    { "xdg-documents/a b:create", "xdg-documents/a b", FILESYSTEM_CREATE, "xdg-documents/a b:create" },
    { "xdg-run/pipewire-0", "xdg-run/pipewire-0", FILESYSTEM_READ_WRITE, "xdg-run/pipewire-0" },
    { "/mnt//x/.", "/mnt/x", FILESYSTEM_READ_WRITE, "/mnt/x" },
    { "/a\\:b:ro", "/a:b", FILESYSTEM_READ_ONLY, "/a\\:b:ro" },
    { "/a\\\\b", "/a\\b", FILESYSTEM_READ_WRITE, "/a\\\\b" },
    { "/a\\b", "/a\\b", FILESYSTEM_READ_WRITE, "/a\\\\b" },
    { "/\xc3\xa9t\xc3\xa9", "/\xc3\xa9t\xc3\xa9", FILESYSTEM_READ_WRITE, "/\xc3\xa9t\xc3\xa9" },
    { "/usr/share", "/usr/share", FILESYSTEM_READ_WRITE, "/usr/share" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      FilesystemGrant *grant = filesystem_grant_parse (rows[i].text, FALSE, "test", &error);
      g_assert_no_error (error);
      g_assert_cmpstr (grant->token, ==, rows[i].token);
      g_assert_cmpint (grant->mode, ==, rows[i].mode);
      g_autofree char *formatted = filesystem_grant_format (grant);
      g_assert_cmpstr (formatted, ==, rows[i].formatted);
      filesystem_grant_free (grant);
    }
}

static void
test_refused (void)
{
  static const char *const bad[] = { "/",      "//",      "/.",        "",          "..",         "/a/../b",     "~/..",
                                     "home/..", "xdg-documents/../x",  "xdg-run",   "xdg-run/",   "hme",         "$HOME",
                                     "~user",  "relative/path",        "host/x",    "host-os/x",  "xdg-nothing", "/a:wo",
                                     "/a:rw:ro", "/a:",   "/a\x1b[2K",  "/a\nb",     "/a\xe2\x80\xae" "b", "/a\xe2\x80\x8b" "b",
                                     "/a\xff",  "\xff",   "home:",      "host:reset", "host-reset", "!home" };
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      if (filesystem_grant_parse (bad[i], FALSE, "test", &error) != NULL)
        g_error ("\"%s\" was accepted", bad[i]);
      g_assert_nonnull (error);
    }
}

static void
test_negated (void)
{
  FilesystemGrant *grant = filesystem_grant_parse ("host:reset", TRUE, "test", NULL);
  g_assert_cmpstr (grant->token, ==, "host-reset");
  g_autofree char *reset = filesystem_grant_format (grant);
  g_assert_cmpstr (reset, ==, "!host:reset");
  filesystem_grant_free (grant);

  grant = filesystem_grant_parse ("~/x:ro", TRUE, "test", NULL);
  g_assert_cmpint (grant->mode, ==, FILESYSTEM_NONE);
  g_autofree char *text = filesystem_grant_format (grant);
  g_assert_cmpstr (text, ==, "!~/x");
  filesystem_grant_free (grant);
}

static void
test_suggestion (void)
{
  g_autoptr (GError) error = NULL;
  g_assert_null (filesystem_grant_parse ("xdg-document", FALSE, "test", &error));
  g_assert_error (error, ERROR_DOMAIN, ERROR_USAGE);
  g_assert_nonnull (strstr (error->message, "\"xdg-documents\"?"));
}

static void
test_reserved (void)
{
  static const char *const reserved[] = { "/",    "/usr", "/usr/share/x", "/etc",     "/etc/passwd", "/proc/self", "/dev",
                                          "/app", "/bin/sh", "/lib64",    "/run",     "/run/host/x", "/run/flatpak",
                                          "/.flatpak-info" };
  static const char *const free_paths[] = { "/usrlocal", "/run/media", "/run/foo", "/home", "/mnt", "/tmp", "/apps",
                                            "/var/lib/x", "/opt" };
  for (guint i = 0; i < G_N_ELEMENTS (reserved); i++)
    g_assert_true (filesystem_path_is_reserved (reserved[i]));
  for (guint i = 0; i < G_N_ELEMENTS (free_paths); i++)
    g_assert_false (filesystem_path_is_reserved (free_paths[i]));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bundle/filesystem/tokens", test_tokens);
  g_test_add_func ("/bundle/filesystem/refused", test_refused);
  g_test_add_func ("/bundle/filesystem/negated", test_negated);
  g_test_add_func ("/bundle/filesystem/suggestion", test_suggestion);
  g_test_add_func ("/bundle/filesystem/reserved", test_reserved);
  return g_test_run ();
}
