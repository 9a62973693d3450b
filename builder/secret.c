/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/secret.h"

#include <string.h>

#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

/* NULL when its variable is not set. */
static char *
resolve (const char *option)
{
  const char *dollar = strchr (option, '$');

  if (dollar == NULL)
    return g_strdup (option);
  gsize length = strspn (dollar + 1, NAME_CHARACTERS);
  g_autofree char *name = g_strndup (dollar + 1, length);
  const char *value = g_getenv (name);
  if (value == NULL)
    return NULL;
  g_autofree char *before = g_strndup (option, (gsize) (dollar - option));
  return g_strconcat (before, value, dollar + 1 + length, NULL);
}

char **
secret_resolve (const BuildModule *module, char *const *argv)
{
  GPtrArray *resolved = g_ptr_array_new ();

  for (; *argv != NULL; argv++)
    {
      char *word = g_strv_contains ((const char *const *) module->secret_opts, *argv) ? resolve (*argv) : g_strdup (*argv);

      if (word != NULL)
        g_ptr_array_add (resolved, word);
    }
  g_ptr_array_add (resolved, NULL);
  return (char **) g_ptr_array_free (resolved, FALSE);
}
