/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runner/plan/x11.h"

#include <string.h>

#define FAMILY_LOCAL 256
#define FAMILY_WILD 65535
#define N_FIELDS 4 /* address, number, name, data */
#define FIELD_NUMBER 1

int
x11_display_number (const char *display)
{
  guint64 number;
  const char *colon = strchr (display, ':');

  if (colon == NULL || !(colon == display || g_str_has_prefix (display, "unix:")))
    return -1;
  g_autofree char *digits = g_strndup (colon + 1, strcspn (colon + 1, "."));
  if (!g_ascii_string_to_unsigned (digits, 10, 0, 65535, &number, NULL))
    return -1;
  return (int) number;
}

static guint
read_u16 (const guint8 *data)
{
  return (guint) data[0] << 8 | data[1];
}

GByteArray *
x11_filter_authority (const guint8 *data, gsize length, int number)
{
  GByteArray *kept = g_byte_array_new ();
  g_autofree char *wanted = g_strdup_printf ("%d", number);
  gsize position = 0;

  while (length - position >= 2)
    {
      gsize start = position;
      guint family = read_u16 (data + position);
      gboolean ours = family == FAMILY_LOCAL || family == FAMILY_WILD;

      position += 2;
      for (guint field = 0; field < N_FIELDS; field++)
        {
          if (length - position < 2)
            return kept;
          gsize size = read_u16 (data + position);
          position += 2;
          if (length - position < size)
            return kept;
          if (field == FIELD_NUMBER && size > 0
              && !(size == strlen (wanted) && memcmp (data + position, wanted, size) == 0))
            ours = FALSE;
          position += size;
        }
      if (ours)
        g_byte_array_append (kept, data + start, (guint) (position - start));
    }
  return kept;
}
