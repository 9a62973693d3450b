/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/decimal.h"

#include <string.h>

static char *
number_append (char *buffer, unsigned long long number, unsigned base)
{
  char digits[32];
  int n = 0;

  do
    {
      digits[n++] = (char) ('0' + number % base);
      number /= base;
    }
  while (number != 0);
  while (n > 0)
    *buffer++ = digits[--n];
  *buffer = '\0';
  return buffer;
}

char *
decimal_append (char *buffer, unsigned long long number)
{
  return number_append (buffer, number, 10);
}

char *
octal_append (char *buffer, unsigned number)
{
  return number_append (buffer, number, 8);
}

char *
text_append (char *buffer, const char *text)
{
  size_t length = strlen (text);

  memcpy (buffer, text, length + 1);
  return buffer + length;
}
