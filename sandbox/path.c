/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/path.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static bool
is_up (const char *name, size_t length)
{
  return length == 2 && name[0] == '.' && name[1] == '.';
}

/* Append the component to the `used` bytes of `plain`; why not, or NULL. */
static const char *
component_append (char *plain, size_t *used, const char *name, size_t length, bool may_go_up)
{
  if (length > NAME_MAX)
    return "a name in it is too long";
  if (is_up (name, length) && !may_go_up)
    return "it has a “..”";
  if (length == 0 || (length == 1 && name[0] == '.') || (is_up (name, length) && *used == 0))
    return NULL;
  plain[(*used)++] = '/';
  memcpy (plain + *used, name, length);
  *used += length;
  return NULL;
}

static char *
components_copy (const char *path, bool may_go_up, const char **ret_why)
{
  char *plain;
  size_t used = 0;

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
      const char *why;

      rest += strspn (rest, "/");
      length = strcspn (rest, "/");
      why = component_append (plain, &used, rest, length, may_go_up);
      if (why != NULL)
        {
          *ret_why = why;
          free (plain);
          return NULL;
        }
      rest += length;
    }
  if (used == 0)
    plain[used++] = '/';
  plain[used] = '\0';
  return plain;
}

char *
path_plain (const char *path, const char **ret_why)
{
  if (path == NULL || path[0] != '/')
    {
      *ret_why = "it does not begin with “/”";
      return NULL;
    }
  return components_copy (path, false, ret_why);
}

char *
path_way (const char *path, const char **ret_why)
{
  return components_copy (path != NULL ? path : "", true, ret_why);
}

bool
path_ends_up (const char *path)
{
  size_t length = strlen (path);

  return length > 2 && strcmp (path + length - 3, "/..") == 0;
}

bool
path_is_below (const char *path, const char *top)
{
  size_t length = strlen (top);

  return strncmp (path, top, length) == 0 && (path[length] == '\0' || path[length] == '/' || length == 1);
}

bool
path_leads_below (const char *way, const char *top)
{
  char plain[PATH_MAX] = "";
  char *end = plain;

  for (const char *name = way; *name != '\0'; )
    {
      size_t length = 1 + strcspn (name + 1, "/");

      if (length == 3 && is_up (name + 1, 2))
        {
          end = strrchr (plain, '/') != NULL ? strrchr (plain, '/') : plain;
          length = 0;
        }
      memcpy (end, name, length);
      end += length;
      *end = '\0';
      name += length != 0 ? length : 3;
    }
  return path_is_below (plain, top);
}
