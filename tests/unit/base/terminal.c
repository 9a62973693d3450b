/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/terminal.h"

/* CVE-2023-28101: control characters in names hid lines of a permission prompt. */
static void
test_cve_2023_28101_escape (void)
{
  static const struct { const char *in, *out; } rows[] = {
    { "plain Grüße 名前", "plain Grüße 名前" },
    { "a\033[2Kb", "a\\x1b[2Kb" },
    { "\r\b\t", "\\x0d\\x08\\t" },
    { "line\nline", "line\\nline" },
    { "\xe2\x80\xae" "fdp.exe", "\\u202efdp.exe" },
    { "zero\xe2\x80\x8bwidth", "zero\\u200bwidth" },
    { "c1\xc2\x9b", "c1\\x9b" },
    { "bad\xff\xc3", "bad\\xff\\xc3" },
    { "\x7f", "\\x7f" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *out = terminal_escape (rows[i].in, FALSE);
      g_assert_cmpstr (out, ==, rows[i].out);
    }
  g_autofree char *kept = terminal_escape ("a\nb\r", TRUE);
  g_assert_cmpstr (kept, ==, "a\nb\\x0d");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/terminal/CVE-2023-28101-escape", test_cve_2023_28101_escape);
  return g_test_run ();
}
