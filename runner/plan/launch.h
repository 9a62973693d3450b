/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One launch, complete: the input of the sandbox plan.
 */
#pragma once

#include "bundle/permissions.h"
#include "runner/host.h"
#include "runner/resolve.h"
#include "sandbox/plan.h"

typedef struct
{
  const Host *host;
  const Bundle *app;             /* NULL: a shell in a runtime, /app is empty */
  const Bundle *runtime;
  const GPtrArray *app_extensions, *runtime_extensions;   /* LaunchExtension; or NULL */
  const Permissions *permissions; /* all layers merged, see layers.h */
  const char *command;           /* replaces the metadata's, or NULL */
  const char *const *arguments;  /* ended by NULL */
  const char *cwd;               /* asked for, or NULL */
  const char *store;             /* path of the user's store, to be hidden */
  const char *system_store;
} Launch;

/* The plan; NULL on error.  `notes` (char *) gets one sentence for each permission that was not granted and each place
 * that does not exist.  Creates the app's data folder and what ":create" asks for, nothing else. */
SandboxPlan *build_sandbox_plan (const Launch *launch, GPtrArray *notes, GError **error);

