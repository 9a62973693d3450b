/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A line of sandbox_probe() (probe.h), for the files of this folder.
 */
#pragma once

#include "sandbox/probe.h"

/* By a directory that was given to this user, by the user's systemd, or not at all, and for which limits. */
void probe_limits (ProbeResult *ret_result);
