/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * --limit and [Nacelle Limits]: how much of the machine an app may use.
 */
#include "runner/plan/context.h"

gboolean
plan_limits (PlanContext *context, GError **error)
{
  const GPtrArray *limits = context->permissions->limits;

  for (guint i = 0; i < limits->len; i++)
    {
      const PermissionEntry *entry = limits->pdata[i];
      if (entry->granted)
        (void) sandbox_plan_limit (context->plan, entry->name, entry->value, entry->origin);
    }
  return TRUE;
}
