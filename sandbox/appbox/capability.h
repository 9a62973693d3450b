/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Capabilities by name.
 */
#pragma once

#include <stdint.h>

/* The bit of “CAP_NET_ADMIN”, in any case; all that this kernel has for “ALL”.  Another name ends the program. */
uint64_t capability_value (const char *option, const char *name);
