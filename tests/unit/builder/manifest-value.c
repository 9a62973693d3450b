/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What single values may look like: for each check what it takes, and what it refuses.
 */
#include "builder/manifest/value.h"

#include <string.h>

typedef gboolean (*Check) (const char *value, GError **error);

typedef struct
{
  const char *name;
  Check check;
  const char *good[10];
  const char *bad[22];
} Row;

#define HEX32 "0123456789abcdef0123456789abcdef"

static const Row rows[] = {
  { "id", value_check_id, { "org.test.App", "org.test.App-x", "a.b._c" },
    { "", "a", "a.b", "-x.y.z", "..", "org..App", "org.test.App/x", "org.test.\303\244pp", "org.test.App\n", ".a.b.c" } },
  { "base", value_check_base, { "org.test.Sdk", "org.test.Sdk//48", "org.test.Sdk/x86_64/1" },
    { "", "org", "org.test.Sdk/a/b/c", "org.test.Sdk//..", "../../etc" } },
  { "branch", value_check_branch, { "master", "6.7", "5.15-25.08", "1e3" }, { "", "a/b", ".hidden", "a b", "\033[2K" } },
  { "arch", value_check_arch, { "x86_64", "aarch64" }, { "", "a/b", "x-86", "a b" } },
  { "command CVE-2024-32462", value_check_command, { "app", "/app/bin/app", "a+b.sh", "org.test.App" },
    { "", "--bind", "-x", "a b", "a\tb", "bin/app", "../app", "/app/../x", ".", "..", "A=b", "a\nb", "\033]0;x\007" } },
  { "permission", value_check_finish, { "--share=network", "--filesystem=home:ro", "--env=A=", "--persist=." },
    { "", "network", "--shar=network", "--share=netwrok", "--filesystem=../x",
      "--metadata=Context=shared=network", "--require-version=1.0", "--bind", "--env==x" } },
  { "module name", value_check_module_name, { "a", "lib-1.0_x+y", "caf\303\251" },
    { "", ".", "..", "a/b", "a b", "a\tb", "a\nb", "-a", ".a", "a..b", "a\\b", "\033[2K" } },
  { "extension", value_check_extension, { "org.test.App.X", "org.test.App.X@tag-1" },
    { "", "x", "../x", "org.test.App.X@", "org.test.App.X@a/b" } },
  { "inner paths", value_check_inner_paths, { "a", "a;b/c", "a;" }, { "", ";", "a;../b", "a;/b", "a;;b", "..", "/a" } },
  { "versions", value_check_versions, { "1", "1;2", "1;2;" }, { "", ";", "1;;2", "a/b" } },
  { "line", value_check_line, { "a b;c" }, { "", "a\nb", "\033[2K" } },
  { "repository", value_check_repository, { "https://a.example/x.git", "git://a.example/x", "lp:x", "svn+ssh://a.example/x" },
    { "", "--upload-pack=x", "ext::sh", "../x", "https://u:p@a.example/x", "javascript://x", "https://a.example/\nx" } },
  { "git name", value_check_git_name, { "v1.0", "feature/x", "main" }, { "", "-x", "/x", "a..b", "a b", "a^", "a@{1}", "a\nb" } },
  { "commit", value_check_commit, { HEX32 "01234567", HEX32 HEX32 }, { "", "HEAD", HEX32, "main" } },
  { "revision", value_check_revision, { "12", "HEAD" }, { "", "-r", "a b", "a\n" } },
  { "size", value_check_size, { "1", "9223372036854775807" }, { "", "0", "-1", "9223372036854775808", "1k" } },
  { "test rule", value_check_test_rule, { "", "check" }, { "-f" } },
  { "inner path", value_check_inner_path, { "a", "a/b", "./a", "a..b" }, { "", "/a", "..", "a/../b", "a/..", "a\nb" } },
  { "file name", value_check_file_name, { "a", ".a", "a b" }, { "", ".", "..", "a/b", "a\nb" } },
  { "include", value_check_include, { "a.json", "../a.yml" }, { "", "/etc/passwd", "https://a.example/x", "file:///x" } },
  { "url", value_check_url,
    { "https://a.example/x?y#z", "http://a.example:8080/x", "HTTPS://A.example", "https://[::1]:80/x", "https://1.2.3.4/x",
      "debian:pool/main/n/nano/nano_7.2.orig.tar.xz" },
    { "", "file:///etc/passwd", "ftp://a.example/x", "data:text/plain", "javascript:1", "https://", "https:///x",
      "https://u:p@a.example/x", "https://u@a.example/", "https://a.example:0/", "https://a.example:70000/", "https://a.example:/",
      "https://[::g]/", "https://[]/", "https://a example/", "https://a.example/\nx", "debian:/etc/passwd", "debian:pool/../../x",
      "debian:dists/x", "debian:pool/%2e%2e/x", "httpx://a.example", "/x" } },
  { "download", value_check_download, { "https://a.example/x", "file:///home/x.tar" }, { "file:x", "file:///a b", "/x", "ftp://a.example/x" } },
  { "web url", value_check_web_url, { "https://a.example/debian" }, { "debian:pool/x", "file:///", "a.example" } },
  { "md5", value_check_md5, { HEX32 }, { "", "0", HEX32 "0", "g123456789abcdef0123456789abcdef", "0123456789ABCDEF0123456789ABCDEF" } },
  { "sha1", value_check_sha1, { HEX32 "01234567" }, { HEX32 } },
  { "sha256", value_check_sha256, { HEX32 HEX32 }, { HEX32, "", HEX32 HEX32 "0", " " HEX32 HEX32 } },
  { "sha512", value_check_sha512, { HEX32 HEX32 HEX32 HEX32 }, { HEX32 HEX32 } },
  { "variable", value_check_variable, { "A", "_a1", "npm_config_x", "CC_x86_64-linux", "a.b" },
    { "", "1A", "A=B", "A B", "-A B", "\303\244" } },
  { "archive type", value_check_archive_type, { "tar-xz", "7z", "rpm" }, { "", "tar.xz", "iso" } },
  { "strip", value_check_strip, { "0", "1", "1000" }, { "-1", "1001", "", "x", "1.5" } },
  { "package", value_check_package, { "libc6", "g++-12", "libstdc++6:amd64" }, { "", "-x", "a b", "a/b", "../x", "a\n" } },
  { "suite", value_check_suite, { "bookworm", "bookworm-updates", "stable/updates" }, { "", "../x", "/x", "a b", "a/../b" } },
  { "build-arg", value_check_build_arg, { "--share=network", "--filesystem=host", "--device=all", "--bind-mount=/x=/y" },
    { "", "--bind", "--bind-mount=/usr=/y" } },
  { "prefix", value_check_prefix, { "/app", "/app/lib" }, { "", "app", "/app/../usr", "/a\nb" } },
  { "rule", value_check_rule, { "install", "install-strip" }, { "", "-f", "--eval=x" } },
  { "tag", value_check_tag, { "beta" }, { "", "a;b", "a\nb" } },
  { "path", value_check_path, { "a/b", "../a" }, { "", "a\nb", "\033[2Ka" } },
};

static void
check_row (gconstpointer data)
{
  const Row *row = data;

  for (gsize i = 0; i < G_N_ELEMENTS (row->good) && row->good[i] != NULL; i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("good: %s", row->good[i]);
      (void) row->check (row->good[i], &error);
      g_assert_no_error (error);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (row->bad) && row->bad[i] != NULL; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *shown = g_strescape (row->bad[i], NULL);

      g_test_message ("bad: %s", shown);
      g_assert_false (row->check (row->bad[i], &error));
      g_assert_nonnull (error);
      g_assert_cmpuint (strlen (error->message), >, 0);
    }
}

static void
check_long (void)
{
  g_autofree char *name = g_strnfill (129, 'a');
  g_autofree char *file = g_strnfill (256, 'a');

  g_assert_false (value_check_module_name (name, NULL));
  g_assert_true (value_check_module_name (name + 1, NULL));
  g_assert_false (value_check_file_name (file, NULL));
  g_assert_true (value_check_file_name (file + 1, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/value/", rows[i].name, NULL);

      g_test_add_data_func (path, &rows[i], check_row);
    }
  g_test_add_func ("/value/long", check_long);
  return g_test_run ();
}
