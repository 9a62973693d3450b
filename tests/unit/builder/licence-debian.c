/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/licence-debian.h"

#include "builder/licence-text.h"

#define FORMAT "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n"

static void
test_names (void)
{
  static const struct { const char *debian, *spdx; } names[] = {
    { "GPL-2+", "GPL-2.0-or-later" }, { "GPL-2.0+", "GPL-2.0-or-later" }, { "gpl-3", "GPL-3.0-only" }, { "LGPL-2.1+", "LGPL-2.1-or-later" },
    { "LGPL-2", "LGPL-2.0-only" }, { "Expat", "MIT" }, { "BSD-3-clause", "BSD-3-Clause" }, { "Apache-2.0", "Apache-2.0" },
    { "Apache-2", "Apache-2.0" }, { "GPL-2+ with Libtool exception", "GPL-2.0-or-later WITH Libtool-exception" },
    { "MPL-2.0", "MPL-2.0" }, { "Zlib", "Zlib" },
    /* Several texts have these names. */
    { "MIT", NULL }, { "Artistic", NULL }, { "GPL", NULL }, { "public-domain", NULL }, { "BSD", NULL }, { "", NULL }, { "GPL-2.5", NULL },
    { "GPL-2+ with OpenSSL exception", NULL }, { "gpl-.0", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const char *id = licence_of_short_name (names[i].debian);

      g_assert_cmpstr (id, ==, names[i].spdx);
      g_assert_true (id == NULL || licence_expression_check (id, NULL));
    }
}

static char *
reference (const char *name, const char *text, gpointer data)
{
  GPtrArray *texts = data;

  g_assert_cmpstr (text, !=, "");
  g_ptr_array_add (texts, g_strconcat (name, "|", text, NULL));
  return g_strdup_printf ("LicenseRef-%u", texts->len);
}

static char *
no_room (const char *name, const char *text, gpointer data)
{
  return NULL;
}

static void
test_files (void)
{
  static const struct { const char *text, *expression; } files[] = {
    { "Files: *\nLicense: GPL-2+\n", "GPL-2.0-or-later" },
    { "Files: *\nlicense:  GPL-2+\n x\n\nFiles: a\nLicense: GPL-2+\n\nLicense: Expat\n", "GPL-2.0-or-later AND MIT" },
    { "License: GPL-1+ or BSD-3-clause\n", "GPL-1.0-or-later OR BSD-3-Clause" },
    { "License: Expat or ISC\n\nLicense: Zlib\n", "(MIT OR ISC) AND Zlib" },
    { "License: GPL-2+ or Expat, and Zlib\n", "(GPL-2.0-or-later OR MIT) AND Zlib" },
    { "License: GPL-2+ and Zlib\n\nLicense: Zlib\n\nLicense: GPL-2+\n", "GPL-2.0-or-later AND Zlib" },
    { "License: ISC, or Zlib and Expat\n\nLicense: curl\n", "(ISC OR Zlib AND MIT) AND curl" },
    { "License: public-domain\n It is\n .\n free.\n", "LicenseRef-1" },
    { "License: Expat, ISC and Zlib\n", "LicenseRef-1" },
    { "License:\n Do what you like.\n", "LicenseRef-1" },
    { "License: odd\n\nLicense: ISC or odd\n text\n", "LicenseRef-1 AND (ISC OR LicenseRef-2)" },
    { "Files: *\nCopyright: me\n", NULL },
    { "License:\n", NULL },
    { "License: GPL-2+, and  or Expat\n", NULL },
    { "License: and\n", "LicenseRef-1" },
    { "License: Expat and \n", "LicenseRef-1" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
      g_autofree char *whole = g_strconcat (FORMAT, files[i].text, NULL);
      g_autofree char *expression = licence_of_copyright (whole, reference, texts);
      g_autofree char *other = licence_of_copyright (files[i].text, reference, texts);

      g_assert_cmpstr (expression, ==, files[i].expression);
      g_assert_true (expression == NULL || licence_expression_check (expression, NULL));
      g_assert_null (other); /* not the format */
    }
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *expression = licence_of_copyright (FORMAT "License: mine\n It is\n .\n free.\n", reference, texts);
  g_assert_cmpstr (expression, ==, "LicenseRef-1");
  g_assert_cmpstr (texts->pdata[0], ==, "mine|It is\n\nfree.");
  g_assert_null (licence_of_copyright (FORMAT "License: mine\n", no_room, NULL));
}

/* The name MIT says less than the text below it. */
static void
test_recognised (void)
{
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (SOURCE_DIR "/COPYING", &text, NULL, NULL));
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (gsize i = 0; lines[i] != NULL; i++)
    if (*lines[i] == '\0')
      {
        g_free (lines[i]);
        lines[i] = g_strdup (".");
      }
  g_autofree char *joined = g_strjoinv ("\n ", lines);
  g_autofree char *whole = g_strconcat (FORMAT "License: unheard-of\n ", joined, "\n", NULL);
  g_autofree char *expression = licence_of_copyright (whole, reference, texts);
  g_assert_cmpstr (expression, ==, "LGPL-2.1-only");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/licence-debian/names", test_names);
  g_test_add_func ("/licence-debian/files", test_files);
  g_test_add_func ("/licence-debian/recognised", test_recognised);
  return g_test_run ();
}
