/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a descriptor gives, to its end.
 */
#pragma once

#include <stddef.h>

/* malloc'ed, with a NUL byte behind; the descriptor is closed.  Failure, and more than 64 MiB, end the program. */
char *text_read (const char *option, int fd, size_t *ret_size);
