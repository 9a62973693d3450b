/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runner/plan/x11.h"

#include <string.h>

static void
test_display (void)
{
  static const struct
  {
    const char *display;
    int number;
  } rows[] = { { ":0", 0 },     { ":12.3", 12 }, { "unix:1", 1 }, { "host:0", -1 },     { "", -1 },        { "0", -1 },
               { ":", -1 },     { ":-1", -1 },   { ":x", -1 },    { ":0/../../x", -1 }, { ":99999", -1 },  { ":1\n", -1 } };
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpint (x11_display_number (rows[i].display), ==, rows[i].number);
}

static void
append (GByteArray *file, guint family, const char *number)
{
  const char *fields[] = { "host", number, "MIT-MAGIC-COOKIE-1", "0123456789abcdef" };
  guint8 head[2] = { (guint8) (family >> 8), (guint8) family };
  g_byte_array_append (file, head, 2);
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      guint8 size[2] = { 0, (guint8) strlen (fields[i]) };
      g_byte_array_append (file, size, 2);
      g_byte_array_append (file, (const guint8 *) fields[i], size[1]);
    }
}

static void
test_authority (void)
{
  g_autoptr (GByteArray) file = g_byte_array_new ();
  g_autoptr (GByteArray) expected = g_byte_array_new ();
  append (file, 256, "0");
  append (file, 256, "1");
  append (file, 0, "1");     /* another machine, by its address */
  append (file, 65535, "");
  append (file, 256, "11");
  append (expected, 256, "1");
  append (expected, 65535, "");

  g_autoptr (GByteArray) kept = x11_filter_authority (file->data, file->len, 1);
  g_assert_cmpmem (kept->data, kept->len, expected->data, expected->len);

  /* Cut anywhere, it never reads past the end (the sanitizers watch) and never grows. */
  for (gsize length = 0; length < file->len; length++)
    {
      g_autofree guint8 *exact = g_memdup2 (file->data, length);
      g_autoptr (GByteArray) part = x11_filter_authority (exact, length, 1);
      g_assert_cmpuint (part->len, <=, expected->len);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/runner/x11/display", test_display);
  g_test_add_func ("/runner/x11/authority", test_authority);
  return g_test_run ();
}
