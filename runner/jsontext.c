/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runner/jsontext.h"

#include <stdio.h>

void
json_text_print (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  putchar ('"');
  for (const char *p = valid; *p != '\0'; p++)
    if (*p == '"' || *p == '\\')
      printf ("\\%c", *p);
    else if ((unsigned char) *p < 0x20 || *p == 0x7f)
      printf ("\\u%04x", (unsigned) *p);
    else
      putchar (*p);
  putchar ('"');
}

void
json_texts_print (const char *name, char *const *texts, gsize n_texts)
{
  printf ("\"%s\": [", name);
  for (gsize i = 0; i < n_texts; i++)
    {
      printf ("%s\n  ", i > 0 ? "," : "");
      json_text_print (texts[i]);
    }
  printf ("%s]", n_texts > 0 ? "\n" : "");
}
