/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The permissions of one launch, from the layers that speak about it.
 */
#pragma once

#include "bundle/permissions.h"
#include "runner/resolve.h"

/* From low to high: environment of the runtime, metadata of the app, overrides/global, overrides/ID of the system's
 * store (for what is installed there) and of the user's, `command_line`.  `app` may be NULL.
 * ERROR_USAGE when the command line publishes a port of a network that has none to publish.
 * An override file that cannot be trusted or understood is an error, not a smaller set. */
Permissions *layers_merge (const Bundle *app, const Bundle *runtime, const Permissions *command_line, GError **error);
