/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * --limit and [Nacelle Limits]: how much of the machine an app may use.
 */
#include "runner/plan/context.h"

#include <string.h>

#include "base/error.h"

gboolean
plan_limits (PlanContext *context, GError **error)
{
  const GPtrArray *limits = context->permissions->limits;

  for (guint i = 0; i < limits->len; i++)
    {
      const PermissionEntry *entry = limits->pdata[i];
      if (!entry->granted)
        continue;
      if (!g_str_has_suffix (entry->value, ",optional"))
        return error_throw_code (error, ERROR_UNAVAILABLE, "the limit %s=%s (%s) cannot be kept by this version of apprun; "
                                 "mark it optional to go on without: --limit=%s=%s,optional",
                                 entry->name, entry->value, entry->origin, entry->name, entry->value);
      plan_note (context, "not kept: the limit %s=%s (%s)", entry->name, entry->value, entry->origin);
    }
  return TRUE;
}
