/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/appbox/number.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool
number_read (const char *text, int base, uint64_t highest, uint64_t *number)
{
  static const char digits[] = "0123456789";
  unsigned long long value;

  errno = 0;
  value = strtoull (text, NULL, base);
  if (text[0] == '\0' || text[strspn (text, digits)] != '\0' || (base == 8 && strpbrk (text, "89") != NULL) || errno != 0
      || value > highest)
    return false;
  *number = value;
  return true;
}

uint64_t
number_value (const char *option, const char *text, uint64_t highest)
{
  uint64_t number;

  if (!number_read (text, 10, highest, &number))
    appbox_die ("Invalid argument to %s: “%s” is not a number up to %llu", option, text, (unsigned long long) highest);
  return number;
}

mode_t
mode_value (const char *option, const char *text)
{
  uint64_t mode;

  if (!number_read (text, 8, 07777, &mode))
    appbox_die ("%s takes an octal argument <= 07777, and “%s” is none", option, text);
  return (mode_t) mode;
}

unsigned
id_value (const char *option, const char *text)
{
  uint64_t id;

  if (!number_read (text, 10, UINT32_MAX - 1, &id))
    appbox_die ("Invalid %s: %s\n(%s takes a number up to %u)", option + 2, text, option, UINT32_MAX - 1);
  return (unsigned) id;
}
