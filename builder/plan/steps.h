/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A module's steps, in the order: build system, build-commands, installation, post-install, tests.
 */
#pragma once

#include "builder/plan/plan.h"

/* As build_plan_steps(); with `any_jobs` a number of jobs that may differ between machines is written "N". */
GPtrArray *steps_new (const BuildModule *module, int source_fd, gboolean any_jobs, GError **error);
