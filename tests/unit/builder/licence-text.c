/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/licence-text.h"

#include <string.h>

#define MIT "Permission is hereby granted, free of charge, to any person obtaining a copy\nof this software and associated documentation " \
  "files (the \"Software\"), to deal\nin the Software without restriction, including without limitation the rights\nto use, " \
  "copy, modify, " \
  "merge, publish, distribute, sublicense, and/or sell\ncopies of the Software, and to permit persons to whom the Software is\n"          \
  "furnished to do so, subject to the following conditions:\n\nThe above copyright notice and this permission notice shall be included "  \
  "in all\ncopies or substantial portions of the Software.\n\nTHE SOFTWARE IS PROVIDED \"AS IS\", WITHOUT WARRANTY OF ANY KIND, EXPRESS " \
  "OR\nIMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,\nFITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. "   \
  "IN NO EVENT SHALL THE\nAUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER\nLIABILITY, WHETHER IN AN ACTION OF "     \
  "CONTRACT, TORT OR OTHERWISE, ARISING FROM,\nOUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE\nSOFTWARE.\n"

static void
test_short (void)
{
  static const char one[] = "The MIT License (MIT)\n\nCopyright (c) 2020 Jane Doe <j@example.org>\n\n" MIT;
  static const char more[] = "MIT License\nCopyright 2020 A\n\n" MIT "\nThe fonts are licensed otherwise.\n";
  g_autofree char *other = g_strdup (one);

  g_assert_cmpstr (licence_recognise (one), ==, "MIT");
  g_assert_cmpstr (licence_recognise (MIT), ==, "MIT");
  g_assert_null (licence_recognise (more));
  memcpy (strstr (other, "sublicense"), "sell only!", 10);
  g_assert_null (licence_recognise (other));
  g_assert_null (licence_recognise (""));
  g_assert_null (licence_recognise ("Copyright 2020 A. All rights reserved.\n"));
}

/* Of the licences themselves, as this package and Debian's base-files have them. */
static void
test_long (void)
{
  static const struct { const char *path, *id; } files[] = {
    { SOURCE_DIR "/COPYING", "LGPL-2.1-only" },
    { "/usr/share/common-licenses/GPL-2", "GPL-2.0-only" },
    { "/usr/share/common-licenses/GPL-3", "GPL-3.0-only" },
    { "/usr/share/common-licenses/LGPL-2", "LGPL-2.0-only" },
    { "/usr/share/common-licenses/LGPL-3", "LGPL-3.0-only" },
    { "/usr/share/common-licenses/Apache-2.0", "Apache-2.0" },
    { "/usr/share/common-licenses/MPL-2.0", "MPL-2.0" },
    { "/usr/share/common-licenses/CC0-1.0", "CC0-1.0" },
    { "/usr/share/common-licenses/BSD", "BSD-3-Clause" },
    { "/usr/share/common-licenses/GFDL-1.3", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *text = NULL;

      if (i > 0 && !g_file_test (files[i].path, G_FILE_TEST_EXISTS))
        continue; /* another distribution */
      g_assert_true (g_file_get_contents (files[i].path, &text, NULL, NULL));
      g_assert_cmpstr (licence_recognise (text), ==, files[i].id);
      if (files[i].id == NULL)
        continue;
      /* Other line ends and blanks are the same text; one more sentence, or a word less, is not. */
      g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
      g_autofree char *blanks = g_strjoinv ("\r\n  ", lines);
      g_autofree char *added = g_strconcat (text, "\n\nUnless it rains.\n", NULL);
      g_assert_cmpstr (licence_recognise (blanks), ==, files[i].id);
      if (strstr (text, "How to Apply") == NULL && strstr (text, "APPENDIX") == NULL && strstr (text, "Exhibit B") == NULL)
        g_assert_null (licence_recognise (added));
      char *middle = text + strlen (text) / 2;
      while (!g_ascii_isalpha (*middle))
        middle++;
      *middle = g_ascii_tolower (*middle) == 'q' ? 'x' : 'q';
      g_assert_null (licence_recognise (text));
    }
}

static void
test_expressions (void)
{
  static const char *const good[] = { "MIT", "GPL-2.0-or-later WITH Classpath-exception-2.0", "(MIT OR Apache-2.0) AND LicenseRef-own.1",
                                      "LGPL-2.1+", "((ISC))", "DocumentRef-x:LicenseRef-y" };
  static const struct { const char *text, *unknown; } bad[] = {
    { "", "" }, { "GPL", "GPL" }, { "MIT AND", "" }, { "MIT Apache-2.0", "Apache-2.0" }, { "(MIT", "" }, { "MIT)", ")" },
    { "MIT WITH none", "none" }, { "LicenseRef-", "LicenseRef-" }, { "LicenseRef-p=https://x", "LicenseRef-p=https://x" }, { "mit", "mit" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_true (licence_expression_check (good[i], NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *unknown = NULL;

      g_assert_false (licence_expression_check (bad[i].text, &unknown));
      g_assert_cmpstr (unknown, ==, bad[i].unknown);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/licence-text/short", test_short);
  g_test_add_func ("/licence-text/long", test_long);
  g_test_add_func ("/licence-text/expressions", test_expressions);
  return g_test_run ();
}
