/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * --landlock: a second wall around the files (sandbox/landlock.c).  Its rules follow from the places of the plan.
 */
#include "runner/plan/context.h"

#include "bundle/walls.h"

gboolean
plan_walls (PlanContext *context, GError **error)
{
  const char *origin = NULL;
  WallState state = walls_landlock (context->permissions, &origin);

  if (state != WALL_OFF)
    (void) sandbox_plan_landlock_files (context->plan, state == WALL_AUTO ? SANDBOX_LANDLOCK_IF_POSSIBLE : 0, origin);
  return TRUE;
}
