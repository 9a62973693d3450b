/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/path.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

char *
path_plain (const char *path, const char **ret_why)
{
  char *plain;
  size_t used = 0;

  if (path == NULL || path[0] != '/')
    {
      *ret_why = "it does not begin with “/”";
      return NULL;
    }
  if (strlen (path) >= PATH_MAX - 64)
    {
      *ret_why = "it is too long";
      return NULL;
    }
  plain = malloc (strlen (path) + 2);
  if (plain == NULL)
    {
      *ret_why = "out of memory";
      return NULL;
    }
  for (const char *rest = path; *rest != '\0'; )
    {
      size_t length;

      rest += strspn (rest, "/");
      length = strcspn (rest, "/");
      if ((length == 2 && rest[0] == '.' && rest[1] == '.') || length > NAME_MAX)
        {
          *ret_why = length == 2 ? "it has a “..”" : "a name in it is too long";
          free (plain);
          return NULL;
        }
      if (length > 0 && !(length == 1 && rest[0] == '.'))
        {
          plain[used++] = '/';
          memcpy (plain + used, rest, length);
          used += length;
        }
      rest += length;
    }
  if (used == 0)
    plain[used++] = '/';
  plain[used] = '\0';
  return plain;
}

bool
path_is_below (const char *path, const char *top)
{
  size_t length = strlen (top);

  return strncmp (path, top, length) == 0 && (path[length] == '\0' || path[length] == '/' || length == 1);
}
