/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bundle/ref.h"

#include <string.h>

#include "base/error.h"

static void
test_round_trip (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Ref) ref = ref_parse ("app/org.example.Editor/x86_64/stable", &error);
  g_assert_no_error (error);
  g_assert_cmpint (ref->kind, ==, REF_APP);
  g_autofree char *text = ref_format (ref);
  g_assert_cmpstr (text, ==, "app/org.example.Editor/x86_64/stable");
  g_autofree char *partial = ref_format_partial (ref);
  g_assert_cmpstr (partial, ==, "org.example.Editor/x86_64/stable");

  g_autoptr (Ref) copy = ref_copy (ref);
  g_assert_true (ref_equal (ref, copy));
  copy->kind = REF_RUNTIME;
  g_assert_false (ref_equal (ref, copy));
}

static void
test_partial (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Ref) ref = ref_parse_partial (REF_RUNTIME, "org.example.Platform//23.08", "aarch64", NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (ref->arch, ==, "aarch64");
  g_assert_cmpstr (ref->branch, ==, "23.08");
  g_assert_null (ref_parse_partial (REF_RUNTIME, "org.example.Platform", "aarch64", NULL, &error));
  g_assert_error (error, ERROR_DOMAIN, ERROR_REFUSED);
  g_clear_error (&error);
  g_assert_null (ref_parse_partial (REF_RUNTIME, "a.b.c/x/y/z", "a", "b", &error));
  g_assert_error (error, ERROR_DOMAIN, ERROR_REFUSED);
}

static void
test_ids (void)
{
  static const char *const good[] = { "org.example.App", "a.b.c", "org.example._x", "org.example.my-app_2",
                                      "io.github.user.repo.App" };
  static const char *const bad[] = { "", "org", "org.example", "org..App", ".org.example.App", "org.example.App.",
                                     "org.my-site.App", "org.4example.App", "org.example.9", "org.example.A/b", "../../etc",
                                     "org.example.A b", "org.example.\xc3\xa9", "org.example.A\n", "a.b.c\x1b[2K" };
  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_true (ref_id_check (good[i], NULL));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      g_assert_false (ref_id_check (bad[i], &error));
      g_assert_error (error, ERROR_DOMAIN, ERROR_REFUSED);
    }
  g_autofree char *tail = g_strnfill (300, 'x');
  g_autofree char *longest = g_strdup_printf ("a.b.%.*s", 251, tail);
  g_autofree char *too_long = g_strdup_printf ("a.b.%.*s", 252, tail);
  g_assert_true (ref_id_check (longest, NULL));
  g_assert_false (ref_id_check (too_long, NULL));
}

/* GHSA-v2gw-v9h5-9q4x: an architecture or branch was joined into a path unchecked. */
static void
test_path_parts (void)
{
  g_autofree char *huge = g_strnfill (5000, 'a');
  const char *bad[] = { "../x", "a/b", "", ".", "..", "x\ny", "/", huge };
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      g_assert_false (ref_arch_check (bad[i], NULL));
      g_assert_false (ref_branch_check (bad[i], &error));
      g_assert_cmpuint (strlen (error->message), <, 300);
      g_assert_null (ref_new (REF_APP, "org.example.App", bad[i], "stable", NULL));
      g_assert_null (ref_new (REF_APP, "org.example.App", "x86_64", bad[i], NULL));
      g_autofree char *text = g_strdup_printf ("app/org.example.App/%s/stable", bad[i]);
      g_assert_null (ref_parse (text, NULL));
    }
  g_assert_true (ref_branch_check ("23.08", NULL));
  g_assert_true (ref_branch_check ("stable-2_x", NULL));
  g_assert_true (ref_arch_check (ref_native_arch (), NULL));
}

static void
test_kinds (void)
{
  g_assert_null (ref_parse ("extension/org.example.App/x86_64/stable", NULL));
  g_assert_null (ref_parse ("app/org.example.App/x86_64", NULL));
  g_assert_null (ref_parse ("app/org.example.App/x86_64/stable/more", NULL));
  g_autoptr (Ref) ref = ref_parse ("runtime/org.example.Platform/x86_64/1", NULL);
  g_assert_nonnull (ref);
  g_assert_cmpstr (ref_kind_name (ref->kind), ==, "runtime");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bundle/ref/round-trip", test_round_trip);
  g_test_add_func ("/bundle/ref/partial", test_partial);
  g_test_add_func ("/bundle/ref/ids", test_ids);
  g_test_add_func ("/bundle/ref/GHSA-v2gw-v9h5-9q4x", test_path_parts);
  g_test_add_func ("/bundle/ref/kinds", test_kinds);
  return g_test_run ();
}
