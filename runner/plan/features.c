/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * --allow: what the system call filter lets through.
 */
#include "runner/plan/context.h"

gboolean
plan_features (PlanContext *context, GError **error)
{
  const GPtrArray *features = context->permissions->features;
  gboolean devel = permissions_has (features, "devel");
  gboolean multiarch = permissions_has (features, "multiarch");
  SandboxFilter filter = devel && multiarch ? SANDBOX_FILTER_DEVEL_MULTIARCH
                         : devel            ? SANDBOX_FILTER_DEVEL
                         : multiarch        ? SANDBOX_FILTER_MULTIARCH
                                            : SANDBOX_FILTER_DEFAULT;

  if (filter != SANDBOX_FILTER_DEFAULT)
    (void) sandbox_plan_filter (context->plan, filter, permissions_find (features, devel ? "devel" : "multiarch")->origin);
  return TRUE;
}
