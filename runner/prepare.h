/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * All that comes before the sandbox runs: options -> bundles -> permissions -> plan.
 */
#pragma once

#include "runner/options.h"
#include "runner/plan/launch.h"

typedef struct
{
  Host *host;
  Bundle *app;              /* NULL for a runtime */
  Bundle *runtime;
  GPtrArray *app_extensions, *runtime_extensions;   /* LaunchExtension; NULL without app */
  Permissions *permissions;
  SandboxPlan *plan;
  GPtrArray *notes;         /* char *: what is not as one might expect */
  struct { const char *phase; gint64 microseconds; } times[5];
  guint n_times;
} Prepared;

void prepared_free (Prepared *prepared);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Prepared, prepared_free)

/* Called first of all in the program: the moment from which run_elapsed() and the phases count. */
void run_begin (void);
gint64 run_elapsed (void);   /* microseconds */

Prepared *run_prepare (const RunOptions *options, GError **error);
