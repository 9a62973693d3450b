/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What init knows, and how its child becomes the app.
 */
#pragma once

#include "sandbox/fault.h"
#include "sandbox/init/system.h"

#define SIGNAL_SET_SIZE 8
#define PATH_LENGTH 4096
#define STATUS_LOST 125

typedef struct
{
  char **argv;
  char **env;
  const char *cwd;
  const char *label;
  const char *program;
  int flags;
  int fault_fd;
  int status_fd;
  int filters_fd;
  int held_fd;
  int leaver;
} InitTask;

static inline void
process_exit (int status)
{
  for (;;)
    (void) system_call (__NR_exit_group, status, 0, 0, 0, 0);
}

/* Tell the parent.  `name`: what it is about, "" for nothing. */
void fault_report (const InitTask *task, FaultKind kind, const char *call, const char *name, long error);
/* Of a call that must not fail, since the app would have what it must not have, or not have what it counts on: ends the process. */
void result_check (const InitTask *task, const char *call, long result);
/* What is held for the life of the sandbox. */
void held_close (const InitTask *task);
/* Never returns.  `candidate`: room for a path. */
void app_become (const InitTask *task, char *candidate);
