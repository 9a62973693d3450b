/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/verb.h"

#include <string.h>

#include "base/error.h"

static void
test_suggest (void)
{
  const char *const names[] = { "config-opts", "build-commands", "post-install", NULL };

  g_assert_cmpstr (verb_suggest ("config-opt", names), ==, "config-opts");
  g_assert_cmpstr (verb_suggest ("configopts", names), ==, "config-opts");
  g_assert_cmpstr (verb_suggest ("postinstall", names), ==, "post-install");
  g_assert_null (verb_suggest ("zzzzzz", names));
  g_assert_null (verb_suggest ("", (const char *const[]){ NULL }));
}

static void
test_nearest (void)
{
  const Verb verbs[] = { { "uninstall", "", "", NULL }, { "remote", "", "", NULL }, { NULL } };
  const VerbSynonym synonyms[] = { { "remove", "uninstall" }, { NULL, NULL } };
  VerbProgram program = { .program = "x", .verbs = verbs };

  g_assert_cmpstr (verb_nearest (&program, "remove"), ==, "remote");
  program.synonyms = synonyms;
  g_assert_cmpstr (verb_nearest (&program, "Remove"), ==, "uninstall");
  g_assert_cmpstr (verb_nearest (&program, "remtoe"), ==, "remote");
  g_assert_null (verb_nearest (&program, "org.example.App"));
}

/* CVE-2024-32462: what follows the app's name is never ours. */
static void
test_cve_2024_32462_strict_posix (void)
{
  g_autoptr (GError) error = NULL;
  gboolean network = FALSE, done = FALSE;
  const GOptionEntry entries[] = { { "network", 0, 0, G_OPTION_ARG_NONE, &network, "", NULL }, { NULL } };
  const Verb verb = { "run", "ID", "Run", NULL };
  char *words[] = { (char *) "run", (char *) "org.example.App", (char *) "--network", (char *) "--", (char *) "-x", NULL };
  char **argv = words;
  int argc = 5;

  g_assert_true (verb_parse_options (&verb, NULL, entries, TRUE, &argc, &argv, &done, &error));
  g_assert_no_error (error);
  g_assert_false (network);
  g_assert_cmpint (argc, ==, 5);
  g_assert_cmpstr (argv[2], ==, "--network");
  g_assert_cmpstr (argv[3], ==, "--");
}

static void
test_separator_is_removed (void)
{
  g_autoptr (GError) error = NULL;
  gboolean network = FALSE, done = FALSE;
  const GOptionEntry entries[] = { { "network", 0, 0, G_OPTION_ARG_NONE, &network, "", NULL }, { NULL } };
  const Verb verb = { "run", "ID", "Run", NULL };
  char *words[] = { (char *) "run", (char *) "--network", (char *) "--", (char *) "--odd-name", NULL };
  char **argv = words;
  int argc = 4;

  g_assert_true (verb_parse_options (&verb, NULL, entries, TRUE, &argc, &argv, &done, &error));
  g_assert_true (network);
  g_assert_cmpint (argc, ==, 2);
  g_assert_cmpstr (argv[1], ==, "--odd-name");
  g_assert_null (argv[2]);
}

static void
test_joined_value (void)
{
  g_autoptr (GError) error = NULL;
  gboolean done = FALSE;
  int jobs = 0;
  const GOptionEntry entries[] = { { "jobs", 'j', 0, G_OPTION_ARG_INT, &jobs, "", "N" }, { NULL } };
  const Verb verb = { "build", "MANIFEST", "Build", NULL };
  char *words[] = { (char *) "build", (char *) "-j4", (char *) "m.yaml", NULL };
  char **argv = words;
  int argc = 3;

  g_assert_true (verb_parse_options (&verb, NULL, entries, FALSE, &argc, &argv, &done, &error));
  g_assert_no_error (error);
  g_assert_cmpint (jobs, ==, 4);
  g_assert_cmpint (argc, ==, 2);
  /* Behind the first word that is no option everything belongs to somebody else. */
  char *strict_words[] = { (char *) "build", (char *) "m.yaml", (char *) "-j7", NULL };
  argv = strict_words;
  argc = 3;
  g_assert_true (verb_parse_options (&verb, NULL, entries, TRUE, &argc, &argv, &done, &error));
  g_assert_cmpstr (argv[2], ==, "-j7");
  g_assert_cmpint (jobs, ==, 4);
}

/* What is said about a command line of which something is wrong; each has a twin that is right. */
static void
test_wrong_options (void)
{
  gboolean done = FALSE, json = FALSE;
  int jobs = 0;
  g_autofree char *arch = NULL;
  const GOptionEntry entries[] = {
    { "jobs", 'j', 0, G_OPTION_ARG_INT, &jobs, "", "N" }, { "json", 0, 0, G_OPTION_ARG_NONE, &json, "", NULL },
    { "arch", 0, 0, G_OPTION_ARG_STRING, &arch, "", "ARCH" }, { NULL },
  };
  const Verb verb = { "build", "MANIFEST", "Build", NULL };
  const struct { const char *words[3], *message; } cases[] = {
    { { "--nonsense" }, "there is no option \"--nonsense\"" },
    { { "--jsno" }, "there is no option \"--jsno\"; did you mean \"--json\"?" },
    { { "m.yaml", "--jbos=3" }, "there is no option \"--jbos\"; did you mean \"--jobs\"?" },
    { { "-x" }, "there is no option \"-x\"" },
    { { "m.yaml", "--arch" }, "--arch needs a value, ARCH" },
    { { "m.yaml", "-j" }, "-j needs a value, N" },
    { { "-j", "many" }, "--jobs takes a whole number" },
    { { "-j99999999999" }, "--jobs takes a whole number" },
    { { "--json=yes" }, "--json takes no value" },
    { { "m.yaml", "--json", "-j4" }, NULL },
    { { "--arch", "--jsno" }, NULL },       /* a value may look like an option */
    { { "--", "--jsno" }, NULL },
    { { "-", "--arch=" }, NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      char *words[5] = { (char *) "build", (char *) cases[i].words[0], (char *) cases[i].words[1], (char *) cases[i].words[2], NULL };
      char **argv = words;
      int argc = (int) g_strv_length (words);
      gboolean ok = verb_parse_options (&verb, NULL, entries, FALSE, &argc, &argv, &done, &error);

      g_clear_pointer (&arch, g_free);
      g_assert_cmpint (ok, ==, cases[i].message == NULL);
      if (ok)
        continue;
      g_assert_error (error, ERROR_DOMAIN, ERROR_USAGE);
      g_assert_true (g_str_has_prefix (error->message, cases[i].message));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/verb/suggest", test_suggest);
  g_test_add_func ("/base/verb/nearest", test_nearest);
  g_test_add_func ("/base/verb/CVE-2024-32462-strict-posix", test_cve_2024_32462_strict_posix);
  g_test_add_func ("/base/verb/separator", test_separator_is_removed);
  g_test_add_func ("/base/verb/joined-value", test_joined_value);
  g_test_add_func ("/base/verb/wrong-options", test_wrong_options);
  return g_test_run ();
}
