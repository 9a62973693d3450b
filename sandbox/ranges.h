/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * More than one id, by newuidmap and newgidmap, which are setuid and check /etc/subuid and /etc/subgid.  On the parent's side; the
 * child waits meanwhile.
 */
#pragma once

#include "sandbox/run.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum { RANGES_USERS, RANGES_GROUPS } RangesKind;

typedef struct Launch Launch;
typedef struct Ranges Ranges;

/* Whether a line of /etc/subuid gives a range to the user of that name (NULL: he has none) and number.  The line is cut up. */
bool ranges_line (char *line, const char *name, uid_t uid, uint32_t *ret_start, uint32_t *ret_count);
/* What the plan wants, as launch->ranges; NULL when that is nothing.  Returns 0, or -1 with a sentence about a missing program or a
 * missing range. */
int ranges_prepare (Launch *launch, SandboxError *error);
/* Whether that kind is the parent's to map.  `ranges` may be NULL; safe after clone. */
bool ranges_have (const Ranges *ranges, RangesKind kind);
/* Map the ids of the new process `pid`, which waits. */
int ranges_write (const Ranges *ranges, pid_t pid, SandboxError *error);
