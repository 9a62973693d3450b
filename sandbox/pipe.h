/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A pipe above 0, 1 and 2, which the caller may have closed, and which are the app's.
 */
#pragma once

/* Close-on-exec.  -1 with errno; then both ends are -1. */
int pipe_above (int ends[2]);
