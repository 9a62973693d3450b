/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runner/options.h"

#include <string.h>

#include "base/error.h"

static const Verb verbs[] = { { "run", "ID", "run", NULL }, { "explain", "ID", "explain", NULL } };

static gboolean
parse (const char *line, RunOptions *options, GError **error)
{
  g_auto (GStrv) words = g_strsplit (line, " ", -1);
  gboolean done = FALSE;
  /* The words must live as long as the options do. */
  char **kept = g_strdupv (words);
  return run_options_parse (&verbs[g_str_has_prefix (line, "explain ")], (int) g_strv_length (kept), kept, options, &done, error);
}

static void
test_split (void)
{
  g_auto (RunOptions) options = RUN_OPTIONS_INIT;
  g_autoptr (GError) error = NULL;
  g_assert_true (parse ("run --command sh --share=network --filesystem ~/x:ro --env A=b -v org.example.App --share=ipc -- -v",
                        &options, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (options.target, ==, "org.example.App");
  g_assert_cmpstr (options.command, ==, "sh");
  g_assert_true (options.verbose);
  g_assert_true (permissions_has (options.permissions->shared, "network"));
  g_assert_false (permissions_has (options.permissions->shared, "ipc"));
  g_assert_cmpuint (options.permissions->filesystems->len, ==, 1);
  g_assert_cmpstr (permissions_find (options.permissions->environment, "A")->value, ==, "b");
  g_assert_cmpuint (g_strv_length (options.arguments), ==, 3);
  g_assert_cmpstr (options.arguments[0], ==, "--share=ipc");
  g_assert_cmpstr (options.arguments[1], ==, "--");
  g_assert_cmpstr (options.arguments[2], ==, "-v");
}

/* CVE-2024-32462: a command that looks like an option stays a command. */
static void
test_command_like_option (void)
{
  g_auto (RunOptions) options = RUN_OPTIONS_INIT;
  g_assert_true (parse ("run --command --share=network org.example.App", &options, NULL));
  g_assert_cmpstr (options.command, ==, "--share=network");
  g_assert_cmpuint (options.permissions->shared->len, ==, 0);

  g_auto (RunOptions) joined = RUN_OPTIONS_INIT;
  g_assert_true (parse ("run --command=--bind org.example.App / /", &joined, NULL));
  g_assert_cmpstr (joined.command, ==, "--bind");
  g_assert_cmpuint (g_strv_length (joined.arguments), ==, 2);
}

static void
test_order (void)
{
  g_auto (RunOptions) off = RUN_OPTIONS_INIT, on = RUN_OPTIONS_INIT;
  g_assert_true (parse ("run --share=network --unshare=network org.example.App", &off, NULL));
  g_assert_false (permissions_has (off.permissions->shared, "network"));
  g_assert_true (parse ("run --unshare=network --share=network org.example.App", &on, NULL));
  g_assert_true (permissions_has (on.permissions->shared, "network"));
}

static void
test_after_dashes (void)
{
  g_auto (RunOptions) options = RUN_OPTIONS_INIT;
  g_assert_true (parse ("run --share=network -- org.example.App --share=ipc", &options, NULL));
  g_assert_cmpstr (options.target, ==, "org.example.App");
  g_assert_cmpuint (g_strv_length (options.arguments), ==, 1);
}

/* Nothing is run, so no word is the app's. */
static void
test_explain (void)
{
  g_auto (RunOptions) options = RUN_OPTIONS_INIT;
  g_autoptr (GError) error = NULL;

  g_assert_true (parse ("explain --unshare=network org.example.App --json /a --share=network --command sh /b -- --json --", &options, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (options.target, ==, "org.example.App");
  g_assert_true (options.json);
  g_assert_true (permissions_has (options.permissions->shared, "network"));
  g_assert_cmpstr (options.command, ==, "sh");
  g_autofree char *paths = g_strjoinv (" ", options.arguments);
  g_assert_cmpstr (paths, ==, "/a /b --json --");

  g_auto (RunOptions) before = RUN_OPTIONS_INIT;
  g_assert_true (parse ("explain --json org.example.App", &before, NULL));
  g_assert_true (before.json);
}

static void
test_bad (void)
{
  static const char *const bad[] = { "run",           "run --share",           "run --share=net org.example.App",
                                     "run --nothing org.example.App", "run --command",         "run --filesystem=/ org.example.App",
                                     "run --cwd",     "run -v",                "run --json org.example.App",
                                     "explain org.example.App --nothing" };
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_auto (RunOptions) options = RUN_OPTIONS_INIT;
      g_autoptr (GError) error = NULL;
      g_assert_false (parse (bad[i], &options, &error));
      g_assert_nonnull (error);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/runner/options/split", test_split);
  g_test_add_func ("/runner/options/CVE-2024-32462", test_command_like_option);
  g_test_add_func ("/runner/options/order", test_order);
  g_test_add_func ("/runner/options/after-dashes", test_after_dashes);
  g_test_add_func ("/runner/options/explain", test_explain);
  g_test_add_func ("/runner/options/bad", test_bad);
  return g_test_run ();
}
