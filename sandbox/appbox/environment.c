/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/appbox/environment.h"

#include "sandbox/appbox/appbox.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const kept[] = { "COLORTERM", "HOME", "LANG", "LANGUAGE", "LOGNAME", "NO_COLOR", "PATH", "SHELL", "TERM", "TZ",
                                    "USER" };

static bool
is_kept (const char *variable)
{
  size_t length = strcspn (variable, "=");

  if (strncmp (variable, "LC_", 3) == 0)
    return true;
  for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
    if (length == strlen (kept[i]) && memcmp (variable, kept[i], length) == 0)
      return true;
  return false;
}

void
environment_make_safe (void)
{
  size_t n = 0;
  char **old = environ;
  char **variables;

  while (old[n] != NULL)
    n++;
  variables = calloc (n + 1, sizeof *variables);
  if (variables == NULL)
    appbox_die ("out of memory");
  n = 0;
  for (; *old != NULL; old++)
    if (is_kept (*old))
      variables[n++] = *old;
  (void) clearenv ();
  for (size_t i = 0; i < n; i++)
    if (putenv (variables[i]) != 0)
      appbox_die ("out of memory");
  free (variables);
}
