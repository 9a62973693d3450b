/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Content that stands in the manifest, the git repository of an archive, and names and addresses in git.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/spawn.h"
#include "builder/sources/data.h"
#include "builder/sources/git/modules.h"
#include "builder/sources/source.h"

static void
test_data_url (void)
{
  static const struct { const char *url, *bytes; } good[] = {
    { "data:,A%20brief%20note", "A brief note" },
    { "data:text/plain;charset=UTF-8;base64,SGVsbG8=", "Hello" },
    { "DATA:;BASE64,SGVs%0AbG8%3D", "Hello" },
    { "data:,", "" },
    { "data:base64,x", "x" },
  };
  static const char *const bad[] = {
    "data:", "data:text/plain", "http://x/,y", "data:,%4", "data:,%zz", "data:;base64,SGVsbG8", "data:;base64,S-VsbG8=",
    "data:;base64,SG=sbG8=", "data:;base64,SGVs====",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) bytes = data_url_decode (good[i].url, &error);

      g_assert_no_error (error);
      g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), good[i].bytes, strlen (good[i].bytes));
    }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (data_url_decode (bad[i], &error));
      g_assert_error (error, ERROR_DOMAIN, ERROR_FAILED);
    }
}

static gboolean
extract (const ManifestSource *source, char **ret_text)
{
  g_autofree char *top = g_dir_make_tmp ("nacelle-inline-XXXXXX", NULL);
  autofd fd = open (top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const SourceContext context = { .cache_fd = -1, .state_fd = -1, .offline = TRUE };
  gboolean ok = source_kind_find (source->type)->extract (source, &context, fd, NULL);

  *ret_text = file_read (fd, source->dest_filename != NULL ? source->dest_filename : "none", 1000, NULL, NULL);
  file_remove_tree (AT_FDCWD, top, NULL);
  return ok;
}

static void
test_inline (void)
{
  const struct { ManifestSource source; const char *text; } rows[] = {
    { { .contents = (char *) "a\nb", .dest_filename = (char *) "n" }, "a\nb" },
    { { .contents = (char *) "SGVs\n  bG8=\n", .base64 = TRUE, .dest_filename = (char *) "n" }, "Hello" },
    { { .contents = (char *) "not base64!", .base64 = TRUE, .dest_filename = (char *) "n" }, NULL },
    { { .contents = (char *) "a" }, NULL },
    { { .contents = (char *) "a", .dest_filename = (char *) "../n" }, NULL },
    { { .contents = (char *) "a", .dest = (char *) "../..", .dest_filename = (char *) "n" }, NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      ManifestSource source = rows[i].source;
      g_autofree char *text = NULL;

      source.type = (char *) "inline";
      g_assert_cmpint (extract (&source, &text), ==, rows[i].text != NULL);
      g_assert_cmpstr (text, ==, rows[i].text);
    }
}

static void
test_data_file (void)
{
  g_autofree char *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, "Hello", -1);
  ManifestSource source = { .type = (char *) "file", .url = (char *) "data:,Hello", .dest_filename = (char *) "n" };
  g_autofree char *text = NULL;

  g_assert_true (extract (&source, &text));
  g_assert_cmpstr (text, ==, "Hello");
  source.sha256 = sum;
  g_clear_pointer (&text, g_free);
  g_assert_true (extract (&source, &text));
  sum[0] = sum[0] == '0' ? '1' : '0';
  g_clear_pointer (&text, g_free);
  g_assert_false (extract (&source, &text));
  g_assert_null (text);
  source.sha256 = NULL;
  source.dest_filename = NULL;
  g_assert_false (extract (&source, &text));
}

/* Two folders with the same content become the same commit. */
static void
test_git_init (void)
{
  const ManifestSource source = { .type = (char *) "archive", .git_init = TRUE };
  const SourceContext context = { .cache_fd = -1, .state_fd = -1 };
  g_autoptr (GPtrArray) steps = source_kind_find ("archive")->steps (&source, &context, NULL);
  g_autofree char *commits[2] = { NULL };

  for (gsize i = 0; i < G_N_ELEMENTS (commits); i++)
    {
      const char *const argv[] = { "git", "rev-parse", "HEAD:", "HEAD", NULL };
      g_autofree char *top = g_dir_make_tmp ("nacelle-init-XXXXXX", NULL);
      autofd fd = open (top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      SpawnRequest request = SPAWN_REQUEST_INIT;
      g_autoptr (GError) error = NULL;

      g_assert_true (file_write_atomic (fd, ".gitignore", "ignored\n", 8, 0644, NULL));
      g_assert_true (file_write_atomic (fd, "ignored", "x", 1, 0644, NULL));
      request.cwd_fd = fd;
      for (guint j = 0; j < steps->len; j++)
        {
          request.argv = (const char *const *) ((BuildStep *) steps->pdata[j])->argv;
          g_assert_true (spawn_check (&request, NULL, &error));
        }
      request.argv = argv;
      g_assert_true (spawn_check (&request, &commits[i], &error));
      g_assert_no_error (error);
      file_remove_tree (AT_FDCWD, top, NULL);
    }
  g_assert_cmpstr (commits[0], ==, commits[1]);
}

static void
test_git_module_url (void)
{
  static const struct { const char *parent, *url, *expected; } rows[] = {
    { "https://a.example/x/y.git", "../z.git", "https://a.example/x/z.git" },
    { "https://a.example/x/y.git/", "../../z", "https://a.example/z" },
    { "https://a.example/x", "./y", "https://a.example/x/y" },
    { "https://a.example/x", "http://b.example/y", "http://b.example/y" },
    { "file:///srv/x", "../y", "file:///srv/y" },
    { "https://a.example/x", "../../y", NULL },
    { "https://a.example/x", "../../../../y", NULL },
    { "https://a.example/x", "../y/../../z", NULL },
    { "https://a.example/x", "../b/..", NULL },
    { "https://a.example/x", "..", NULL },
    { "https://a.example/x", "", NULL },
    { "https://a.example/x", "x", NULL },
    { "https://a.example/x", "/x", NULL },
    { "https://a.example/x", "-u./x", NULL },
    { "https://a.example/x", "https://../x", NULL },
    { "https://a.example/x", "file:///srv/y", NULL },
    { "file:///srv/x", "file:///srv/y", NULL },
    { "file:///x", "../../../etc", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *url = git_module_url (rows[i].parent, rows[i].url, NULL);

      g_assert_cmpstr (url, ==, rows[i].expected);
    }
}

static void
test_git_names (void)
{
  static const char *const bad[] = { "-x", "a..b", "a b", "/a", "a/", "a.", "a//b", ".a", "b/.a", "a.lock", "a.lock/b", "@", "a@{1}",
                                     "a:b", "a\nb", "" };
  static const char *const special[] = { ".git", "a/.GIT/b", "git~1", ".git. ", ".git::$INDEX_ALLOCATION", ".g\342\200\214it" };
  static const char *const good[] = { "main", "feature/x", "v1.0", "a@b", "x-y", "f.locks" };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      GitWanted wanted = { .branch = bad[i] }, tag = { .tag = bad[i] };

      g_assert_false (git_wanted_check (&wanted, NULL));
      g_assert_false (git_wanted_check (&tag, NULL));
    }
  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      GitWanted wanted = { .branch = good[i] };

      g_assert_true (git_wanted_check (&wanted, NULL));
      g_assert_false (git_path_is_special (good[i]));
    }
  for (gsize i = 0; i < G_N_ELEMENTS (special); i++)
    g_assert_true (git_path_is_special (special[i]));
}

int
main (int argc, char **argv)
{
  g_setenv ("GIT_CONFIG_NOSYSTEM", "1", TRUE);
  g_setenv ("GIT_CONFIG_GLOBAL", "/dev/null", TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sources/data-url", test_data_url);
  g_test_add_func ("/sources/inline", test_inline);
  g_test_add_func ("/sources/data-file", test_data_file);
  g_test_add_func ("/sources/git-init", test_git_init);
  g_test_add_func ("/sources/git-module-url", test_git_module_url);
  g_test_add_func ("/sources/git-names", test_git_names);
  return g_test_run ();
}
