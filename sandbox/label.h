/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The labels of SELinux in a launch.
 */
#pragma once

#include "sandbox/setup.h"

/* Room for the mount options of a tmpfs. */
#define LABEL_OPTIONS_SIZE (LABEL_MAX + 96)

/* The label of a RECORD_*_LABEL, or NULL. */
const char *label_of (const SandboxPlan *plan, RecordKind kind);
/* Behind the other mount options of a tmpfs, at their end; nothing when no label is wanted. */
void label_mount_option (const Setup *setup, char *end);
