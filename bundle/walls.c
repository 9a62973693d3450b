/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bundle/walls.h"

#include <string.h>

#include "base/error.h"
#include "base/verb.h"

static const char *const words[] = { [WALL_AUTO] = "auto", [WALL_ON] = "on", [WALL_OFF] = "off", NULL };

gboolean
walls_set (GPtrArray *walls, const char *name, const char *word, const char *origin, GError **error)
{
  if (strcmp (name, "landlock") != 0)
    return error_throw_code (error, ERROR_USAGE, "\"%s\" is no key of this group; it knows landlock", name);
  if (!g_strv_contains (words, word))
    {
      const char *near = g_utf8_validate (word, -1, NULL) ? verb_suggest (word, words) : NULL;
      if (near != NULL)
        return error_throw_code (error, ERROR_USAGE, "\"%s\" is not on, off or auto; did you mean \"%s\"?", word, near);
      return error_throw_code (error, ERROR_USAGE, "\"%s\" is not on, off or auto", word);
    }
  permissions_set (walls, name, word, TRUE, origin);
  return TRUE;
}

WallState
walls_landlock (const Permissions *permissions, const char **ret_origin)
{
  const PermissionEntry *entry = permissions_find (permissions->walls, "landlock");
  WallState state = WALL_AUTO;

  *ret_origin = entry != NULL ? entry->origin : "default";
  while (entry != NULL && words[state] != NULL && strcmp (words[state], entry->value) != 0)
    state++;
  return state;
}
