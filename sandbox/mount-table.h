/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of mounts (/proc/self/mountinfo), read without allocating, since the child does it.  What is in it was named by whoever
 * mounted something.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

/* `fd` is the open table, the rest is 0 in the beginning. */
typedef struct
{
  int fd;
  int error;         /* errno of a table that could not be read to its end */
  ssize_t used;
  ssize_t next;
  char bytes[4096];
} TableReader;

/* Fields are cut where there is no room for them; no path that we look for is longer. */
typedef struct
{
  int id, parent;
  char point[PATH_MAX + 256];
  char options[256];
} TableLine;

/* Returns false at the end of the table, and where it cannot be read any more. */
bool table_line (TableReader *table, TableLine *ret_line);
/* The flags of a mount that a remount must repeat, or it would be refused for taking a locked one away. */
unsigned long table_flags (const char *options);
