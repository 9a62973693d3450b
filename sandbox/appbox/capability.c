/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/appbox/capability.h"

#include "sandbox/appbox/appbox.h"
#include "sandbox/capabilities/names.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/capability.h>

uint64_t
capability_value (const char *option, const char *name)
{
  uint64_t all = 0;
  char *end;
  unsigned long number = strtoul (name, &end, 10);

  /* As cap_from_name() does: a kernel may have newer ones. */
  if (isdigit ((unsigned char) name[0]) && *end == '\0' && number < 64 && cap_get_bound ((cap_value_t) number) >= 0)
    return UINT64_C (1) << number;
  for (size_t i = 0; capability_names[i] != NULL; i++)
    {
      if (strcasecmp (name, capability_names[i]) == 0)
        return UINT64_C (1) << i;
      if (cap_get_bound ((cap_value_t) i) >= 0)
        all |= UINT64_C (1) << i;
    }
  if (strcasecmp (name, "ALL") == 0)
    return all;
  appbox_die ("unknown cap: %s (wanted by %s)", name, option);
}
