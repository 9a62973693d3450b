/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The parts of the `packages` kind that need no network: lock file, names, release file, and what of a package goes
 * where.
 */
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/sources/packages/lock.h"
#include "builder/sources/packages/release.h"
#include "builder/sources/packages/unpack.h"

#define SUM_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SUM_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static GPtrArray *
some_packages (void)
{
  GPtrArray *packages = packages_new ();

  g_ptr_array_add (packages, package_new ("zlib1g", "1:1.2.13.dfsg-1", "amd64", "pool/main/z/zlib/z_1.2_amd64.deb", SUM_A,
                                          86684, NULL));
  g_ptr_array_add (packages, package_new ("bash", "5.2.15-2+b7~x", "all", "pool/main/b/bash/b.deb", SUM_B, 1, NULL));
  packages_sort (packages);
  g_assert_cmpuint (packages->len, ==, 2);
  g_assert_cmpstr (((Package *) packages->pdata[0])->name, ==, "bash");
  return packages;
}

static void
test_lock_round_trip (void)
{
  g_autoptr (Lock) lock = lock_new ();
  g_autoptr (GPtrArray) packages = some_packages ();
  g_autoptr (GError) error = NULL;
  g_autoptr (Lock) again = NULL;
  g_autofree char *text = NULL;
  g_autofree char *text_again = NULL;
  GPtrArray *found = NULL;

  lock_put (lock, SUM_B, "bookworm", "x86_64", packages);
  lock_put (lock, SUM_A, "bookworm", "x86_64", packages);
  lock_put (lock, SUM_A, "bookworm", "aarch64", packages);
  text = lock_format (lock);
  again = lock_parse (text, strlen (text), "test.lock.yaml", &error);
  g_assert_no_error (error);
  text_again = lock_format (again);
  g_assert_cmpstr (text, ==, text_again);
  g_assert_null (strstr (text, "://"));
  found = lock_find (again, SUM_A, "aarch64");
  g_assert_cmpuint (found->len, ==, 2);
  g_assert_cmpstr (((Package *) found->pdata[1])->version, ==, "1:1.2.13.dfsg-1");
  g_assert_cmpuint (((Package *) found->pdata[1])->size, ==, 86684);
  g_assert_null (lock_find (again, SUM_B, "aarch64"));
  g_assert_true (lock_has_arch (again, "aarch64"));
  g_assert_false (lock_has_arch (again, "riscv64"));
}

static void
test_lock_order (void)
{
  g_autoptr (Lock) one = lock_new ();
  g_autoptr (Lock) two = lock_new ();
  g_autoptr (GPtrArray) packages = some_packages ();
  g_autoptr (GHashTable) keep = g_hash_table_new (g_str_hash, g_str_equal);
  g_autofree char *text_one = NULL;
  g_autofree char *text_two = NULL;

  lock_put (one, SUM_A, "s", "x86_64", packages);
  lock_put (one, SUM_A, "s", "aarch64", packages);
  lock_put (one, SUM_B, "s", "x86_64", packages);
  lock_put (two, SUM_B, "s", "x86_64", packages);
  lock_put (two, SUM_A, "s", "aarch64", packages);
  lock_put (two, SUM_A, "s", "x86_64", packages);
  text_one = lock_format (one);
  text_two = lock_format (two);
  g_assert_cmpstr (text_one, ==, text_two);
  g_hash_table_add (keep, (char *) SUM_B);
  lock_keep_only (one, keep);
  g_assert_null (lock_find (one, SUM_A, "x86_64"));
  g_assert_nonnull (lock_find (one, SUM_B, "x86_64"));
}

static void
test_lock_request (void)
{
  const char *ab[] = { "a", "b", NULL };
  const char *ba[] = { "b", "a", NULL };
  const char *a[] = { "a", NULL };
  const char *b[] = { "b", NULL };
  ManifestSource base = { .suite = (char *) "s", .packages = (char **) ab };
  ManifestSource same = { .suite = (char *) "s", .packages = (char **) ba };
  ManifestSource less = { .suite = (char *) "s", .packages = (char **) a };
  ManifestSource moved = { .suite = (char *) "s", .packages = (char **) a, .exclude = (char **) b };
  ManifestSource suite = { .suite = (char *) "t", .packages = (char **) ab };
  ManifestSource component = { .suite = (char *) "s", .packages = (char **) ab, .components = (char **) a };
  ManifestSource *others[] = { &less, &moved, &suite, &component };
  g_autofree char *request = lock_request (&base);
  g_autofree char *request_same = lock_request (&same);

  g_assert_cmpstr (request, ==, request_same);
  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    {
      g_autofree char *other = lock_request (others[i]);

      g_assert_cmpstr (request, !=, other);
    }
}

#define LOCK_HEAD "version: 1\nsources:\n- request: " SUM_A "\n  suite: s\n  architectures:\n    x86_64:\n"
#define LOCK_LINE(path, size) "    - { name: a, version: \"1\", architecture: all, size: " size ", sha256: " SUM_B \
                              ", path: \"" path "\" }\n"

static void
test_lock_bad (void)
{
  static const char *const bad[] = {
    "", "version: 2\nsources: []\n", "version: 1\n", "sources: []\n", "[1, 2", "version: 1\nsources: {}\n", "just text",
    "version: 1\nsources: [ 1 ]\n", LOCK_HEAD "      x\n",
    LOCK_HEAD LOCK_LINE ("../../x", "1"), LOCK_HEAD LOCK_LINE ("/pool/x", "1"), LOCK_HEAD LOCK_LINE ("pool/x y", "1"),
    LOCK_HEAD LOCK_LINE ("pool//x", "1"), LOCK_HEAD LOCK_LINE ("", "1"), LOCK_HEAD LOCK_LINE ("pool/x?y", "1"),
    LOCK_HEAD LOCK_LINE ("pool/x", "0"), LOCK_HEAD LOCK_LINE ("pool/x", "-1"), LOCK_HEAD LOCK_LINE ("pool/x", "1e9"),
    LOCK_HEAD LOCK_LINE ("pool/x", "99999999999999999999"),
  };
  g_autoptr (Lock) good = lock_parse (LOCK_HEAD LOCK_LINE ("pool/x", "1"), strlen (LOCK_HEAD LOCK_LINE ("pool/x", "1")), "n",
                                      NULL);

  g_assert_nonnull (good);
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (lock_parse (bad[i], strlen (bad[i]), "n", &error));
      g_assert_nonnull (error);
    }
}

/* CVE-2019-11253: one list, named again and again. */
static void
test_lock_alias_bomb (void)
{
  g_autoptr (GString) text = g_string_new ("version: 1\nsources:\n- request: " SUM_A "\n  suite: s\n"
                                           "  architectures:\n    a0: &l\n");
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < 1000; i++)
    g_string_append (text, LOCK_LINE ("pool/x", "1"));
  for (int i = 1; i < 100000; i++)
    g_string_append_printf (text, "    a%d: *l\n", i);
  g_assert_null (lock_parse (text->str, text->len, "bomb", &error));
  g_assert_nonnull (strstr (error->message, "more than"));
}

static void
test_package_fields (void)
{
  const struct { const char *name, *version, *arch, *sha256; } bad[] = {
    { "../a", "1", "all", SUM_A }, { "a b", "1", "all", SUM_A }, { "", "1", "all", SUM_A }, { NULL, "1", "all", SUM_A },
    { "-a", "1", "all", SUM_A }, { "a\"", "1", "all", SUM_A }, { "a", "1\n2", "all", SUM_A }, { "a", "1", "a/b", SUM_A },
    { "a", "1", "all", "abc" }, { "a", "1", "all", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_null (package_new (bad[i].name, bad[i].version, bad[i].arch, "pool/a.deb", bad[i].sha256, 1, NULL));
}

static void
test_map_path (void)
{
  const char *rows[][2] = {
    { "./usr/bin/x", "bin/x" }, { "./bin/x", "bin/x" }, { "sbin/x", "sbin/x" }, { "./lib/a/x", "lib/a/x" },
    { "./lib64/ld.so", "lib64/ld.so" }, { "./usr/lib64/y", "lib64/y" }, { "./etc/x", "etc/x" },
    { "./usr/share/doc/a/copyright", "share/doc/a/copyright" },
    { "./var/lib/x", NULL }, { "./run/x", NULL }, { "./dev/null", NULL }, { "./boot/x", NULL }, { "./opt/x", NULL },
    { "./", NULL }, { "./usr/", NULL }, { "./usrx/y", NULL }, { "./libx/y", NULL },
  };
  static const char *const bad[] = { "/usr/bin/x", "./usr/../../x", "usr/bin/.." };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = NULL;

      g_assert_true (unpack_map_path (rows[i][0], NULL, &path, NULL));
      g_assert_cmpstr (path, ==, rows[i][1]);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      char *path = NULL;

      g_assert_false (unpack_map_path (bad[i], NULL, &path, NULL));
    }
}

#define RELEASE "Origin: Test\nSuite: stable\nCodename: bookworm\nAcquire-By-Hash: yes\nMD5Sum:\n 00 1 main/x\nSHA256:\n " \
                SUM_A " 1234 main/binary-amd64/Packages.xz\n " SUM_B " 5 broken\n short 5 main/y\nDescription: z\n " \
                SUM_B " 5 main/not\n"

static void
test_release (void)
{
  g_autoptr (Release) release = release_new (RELEASE, "bookworm", 1000, "x", NULL);
  g_autoptr (Release) by_suite = release_new (RELEASE, "stable", 1000, "x", NULL);
  ReleaseFile *file = g_hash_table_lookup (release->files, "main/binary-amd64/Packages.xz");

  g_assert_nonnull (by_suite);
  g_assert_cmpstr (file->sha256, ==, SUM_A);
  g_assert_cmpuint (file->size, ==, 1234);
  g_assert_true (release->by_hash);
  g_assert_null (g_hash_table_lookup (release->files, "main/not"));
  g_assert_null (g_hash_table_lookup (release->files, "main/y"));
  g_assert_null (g_hash_table_lookup (release->files, "main/x"));
  g_assert_null (release_new (RELEASE, "trixie", 1000, "x", NULL));
}

static void
test_release_expired (void)
{
  const char *text = RELEASE "Valid-Until: Sat, 01 Jan 2000 00:00:00 UTC\n";
  g_autoptr (Release) before = release_new (text, "bookworm", 946684799, "x", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (before);
  g_assert_null (release_new (text, "bookworm", 946684801, "x", &error));
  g_assert_nonnull (strstr (error->message, "clock"));
  g_assert_null (release_new (RELEASE "Valid-Until: soon\n", "bookworm", 0, "x", NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sources/packages/lock/round-trip", test_lock_round_trip);
  g_test_add_func ("/sources/packages/lock/order", test_lock_order);
  g_test_add_func ("/sources/packages/lock/request", test_lock_request);
  g_test_add_func ("/sources/packages/lock/bad", test_lock_bad);
  g_test_add_func ("/sources/packages/lock/CVE-2019-11253-alias-bomb", test_lock_alias_bomb);
  g_test_add_func ("/sources/packages/fields", test_package_fields);
  g_test_add_func ("/sources/packages/map-path", test_map_path);
  g_test_add_func ("/sources/packages/release", test_release);
  g_test_add_func ("/sources/packages/release-expired", test_release_expired);
  return g_test_run ();
}
