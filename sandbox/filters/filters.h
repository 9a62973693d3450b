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

/* Indexed by SandboxFilter. */
extern const FilterProgram filter_programs[4];
