/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Permissions that are understood and not granted: told to the user, and left out of what the app is told.
 */
#pragma once

#include "bundle/permissions.h"

/* A copy without them.  Caller frees. */
Permissions *permissions_without_unavailable (const Permissions *permissions);
