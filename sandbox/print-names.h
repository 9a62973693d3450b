/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Words for the numbers of a plan, the same in text and in JSON.
 */
#pragma once

#include <stddef.h>

extern const char *const print_filter_names[];      /* by SandboxFilter */
extern const char *const print_join_names[];        /* by SandboxJoin */
/* By number of the bit: SANDBOX_SHARE_*, SANDBOX_START_*, SANDBOX_BIND_*, SANDBOX_LANDLOCK_*. */
extern const char *const print_share_names[];
extern const size_t print_n_share_names;
extern const char *const print_start_names[];
extern const size_t print_n_start_names;
extern const char *const print_bind_names[];
extern const size_t print_n_bind_names;
extern const char *const print_landlock_names[];
extern const size_t print_n_landlock_names;
