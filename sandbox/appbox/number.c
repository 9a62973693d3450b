/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/appbox/number.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

uint64_t
number_value (const char *option, const char *text, int base, uint64_t highest)
{
  static const char digits[] = "0123456789";
  unsigned long long number;

  errno = 0;
  number = strtoull (text, NULL, base);
  if (text[0] == '\0' || text[strspn (text, digits)] != '\0' || (base == 8 && strpbrk (text, "89") != NULL) || errno != 0
      || number > highest)
    appbox_die ("Invalid argument to %s: “%s” is not a%s number up to %llu", option, text, base == 8 ? "n octal" : "",
                (unsigned long long) highest);
  return number;
}
