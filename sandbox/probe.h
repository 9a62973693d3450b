/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What this host allows, found by trying.  Used by "apprun doctor" and to explain a failed launch.
 */
#pragma once

#include <stddef.h>

typedef enum { PROBE_OK, PROBE_FALLBACK /* works another way */, PROBE_MISSING /* cannot work */ } ProbeVerdict;

typedef struct
{
  const char *name;       /* "user namespaces" */
  ProbeVerdict verdict;
  char detail[256];       /* what was seen: "unshare(2): ENOSPC; user.max_user_namespaces is 0" */
  char advice[512];       /* what to do; "" when nothing */
} ProbeResult;

/* Fill at most `max` results, return how many.  Each is tried in a child. */
size_t sandbox_probe (ProbeResult *results, size_t max);

/* Why user namespaces do not work here and what to do, as one sentence; 0 if they do work.
 * Distinguishes: max_user_namespaces (and max_mnt_namespaces ...) 0, kernel.unprivileged_userns_clone 0, AppArmor's
 * kernel.apparmor_restrict_unprivileged_userns or a profile's denial, an outer seccomp filter, a chroot, the
 * nesting limit. */
int sandbox_probe_userns (char *message, size_t size);
