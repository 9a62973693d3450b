/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/failure.h"

#include <string.h>

static void
test_explained (void)
{
  static const struct { const char *text, *start, *part; } cases[] = {
    { "While fetching https://no.example/repo/summary.sig: [6] Couldn't resolve host name", "no server of the name no.example is known here",
      "connected to the network" },
    { "While fetching http://127.0.0.1:9/repo/summary: [7] Couldn't connect to server", "nothing answers at 127.0.0.1:9;", "try again later" },
    { "error: While fetching https://a.example/x: [60] SSL peer certificate or SSH remote key was not OK", "the certificate of a.example",
      "clock" },
    { "While fetching http://a.example/repo/config: Server returned HTTP 404", "there is no repository at http://a.example/repo (config: HTTP 404)",
      "remote list" },
    { "While fetching http://a.example/r/objects/00/1.filez: Server returned HTTP 404", "a.example lacks a part of it", "being published" },
    { "Server returned HTTP 404", "the server does not have it (HTTP 404)", "remote list" },
    { "Server returned HTTP 500", "the server cannot answer now (HTTP 500)", "later" },
    { "GPG verification enabled, but no summary found (check that the configured URL in remote config is correct)",
      "the server has no repository at this address", "remote list" },
    { "While fetching http://a.example/r/summary: Server returned HTTP 503", "a.example cannot answer now (HTTP 503)", "later" },
    { "While fetching http://a.example/r/summary: Server returned HTTP 403", "a.example does not let everybody", "ask" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *sentence = failure_explain (cases[i].text);

      g_assert_nonnull (sentence);
      g_assert_true (g_str_has_prefix (sentence, cases[i].start));
      g_assert_nonnull (strstr (sentence, cases[i].part));
      g_assert_null (strstr (sentence, "%"));
    }
}

static void
test_others (void)
{
  static const char *const texts[] = {
    "", "no signatures found", "While fetching ", "While fetching : ", "While fetching http://a/x: [", "While fetching http://a/x: [999] odd",
    "While fetching http://a/x: HTTP ", "While fetching http://a/x: Server returned HTTP 301", "[7] Couldn't connect",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    g_assert_null (failure_explain (texts[i]));
  /* An address without a folder in it. */
  g_autofree char *sentence = failure_explain ("While fetching /config: Server returned HTTP 404");
  g_assert_nonnull (sentence);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/failure/explained", test_explained);
  g_test_add_func ("/failure/others", test_others);
  return g_test_run ();
}
