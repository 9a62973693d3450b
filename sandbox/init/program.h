/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The bytes of the init program, made from init.c when Nacelle is built.
 */
#pragma once

#include <stddef.h>

extern const unsigned char init_program[];
extern const size_t init_program_size;
