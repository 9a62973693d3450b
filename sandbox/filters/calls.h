/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * System calls of the machine by name, and groups of them; written when Nacelle is built (generate-calls.c).
 */
#pragma once

typedef struct
{
  const char *name;
  unsigned number;
} CallName;

typedef struct
{
  const char *name;         /* with its '@' */
  const char *const *calls; /* names, ended by NULL; those that the machine does not have are not among them */
} CallGroup;

/* Each ended by a row without name. */
extern const CallName filter_calls[];
extern const CallGroup filter_groups[];
