/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names on the buses, and limits.
 */
#include "bundle/added-private.h"

#include <string.h>

#include "sandbox/limit.h"

static const char *const levels[] = { "none", "see", "talk", "own" };

static int
level (const PermissionEntry *entry)
{
  if (!entry->granted)
    return 0;
  for (int i = 0; i < (int) G_N_ELEMENTS (levels); i++)
    if (g_strcmp0 (entry->value, levels[i]) == 0)
      return i;
  return (int) G_N_ELEMENTS (levels);
}

/* "org.example.*" is the name itself and all below it. */
static gboolean
name_covers (const char *pattern, const char *name)
{
  gsize length = strlen (pattern);

  if (!g_str_has_suffix (pattern, ".*"))
    return strcmp (pattern, name) == 0;
  return strncmp (pattern, name, length - 2) == 0 && (name[length - 2] == '\0' || name[length - 2] == '.');
}

static int
level_of (const GPtrArray *entries, const char *name)
{
  int highest = 0;

  for (guint i = 0; i < entries->len; i++)
    if (name_covers (((PermissionEntry *) entries->pdata[i])->name, name))
      highest = MAX (highest, level (entries->pdata[i]));
  return highest;
}

static void
added_on_bus (const GPtrArray *older, const GPtrArray *newer, const char *bus, GPtrArray *words)
{
  static const char *const does[] = { "", "see whether there is", "talk to", "own the name", "do more with" };

  for (guint i = 0; i < newer->len; i++)
    {
      const PermissionEntry *entry = newer->pdata[i];
      if (level (entry) > level_of (older, entry->name))
        added_say (words, "%s %s on the %s bus", does[level (entry)], entry->name, bus);
    }
}

void
added_bus_names (const Permissions *older, const Permissions *newer, GPtrArray *words)
{
  /* Who has the bus itself has all names of it. */
  if (!permissions_has (older->sockets, "session-bus"))
    added_on_bus (older->session_bus, newer->session_bus, "session", words);
  if (!permissions_has (older->sockets, "system-bus"))
    added_on_bus (older->system_bus, newer->system_bus, "system", words);
  added_on_bus (older->accessibility_bus, newer->accessibility_bus, "accessibility", words);
}

/* Is what is left of a limit as tight as it was? */
static gboolean
as_tight (const PermissionEntry *old, const PermissionEntry *entry)
{
  char reason[SANDBOX_LIMIT_REASON];
  SandboxLimit before, after;

  if (entry == NULL || !entry->granted || entry->value == NULL
      || sandbox_limit_parse (old->name, old->value, &before, reason) < 0
      || sandbox_limit_parse (entry->name, entry->value, &after, reason) < 0)
    return FALSE;
  return !after.none && after.soft <= before.soft && after.hard <= before.hard && (before.optional || !after.optional)
         && before.path_length == after.path_length
         && (before.path_length == 0 || memcmp (before.path, after.path, before.path_length) == 0);
}

void
added_limits (const Permissions *older, const Permissions *newer, GPtrArray *words)
{
  for (guint i = 0; i < older->limits->len; i++)
    {
      const PermissionEntry *old = older->limits->pdata[i];
      const PermissionEntry *entry = permissions_find (newer->limits, old->name);

      if (old->granted && old->value != NULL && !as_tight (old, entry))
        added_say (words, "use more %s: %s, it was %s", sandbox_limit_find (old->name)->what,
                   entry != NULL && entry->granted ? entry->value : "without a limit", old->value);
    }
}
