/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The system call filters, compiled to BPF when Nacelle is built (generate.c).
 */
#pragma once

#include <linux/filter.h>

typedef struct
{
  const struct sock_filter *instructions;
  unsigned short length;
} FilterProgram;

/* Indexed by SandboxFilter, which is made of these bits. */
enum { FILTER_DEVEL = 1, FILTER_MULTIARCH = 2, FILTER_BLUETOOTH = 4, FILTER_CANBUS = 8, FILTER_PROGRAMS = 16 };

extern const FilterProgram filter_programs[FILTER_PROGRAMS];
