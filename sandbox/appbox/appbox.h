/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the command line of appbox has said so far.
 *
 * A handler adds records to the plan at once, so that they keep the order of the command line, and notes here what can
 * only be judged when everything has been read.
 */
#pragma once

#include "sandbox/plan-guest.h"
#include "sandbox/timing.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef enum
{
  APPBOX_NEW_IPC = 1 << 1,
  APPBOX_NEW_PID = 1 << 2,
  APPBOX_NEW_NET = 1 << 3,
  APPBOX_NEW_UTS = 1 << 4,
  APPBOX_NEW_CGROUP = 1 << 5,
  APPBOX_NEW_ALL = APPBOX_NEW_IPC | APPBOX_NEW_PID | APPBOX_NEW_NET | APPBOX_NEW_UTS | APPBOX_NEW_CGROUP,
} AppboxNew;

typedef struct
{
  SandboxPlan *plan;
  const char *origin;        /* the option that is being read */
  unsigned namespaces;       /* AppboxNew */
  unsigned start;            /* SANDBOX_START_* */
  bool has_all, has_share_net;
  bool has_uid, has_gid;
  unsigned uid, gid;
  uint64_t capabilities;
  const char *hostname;
  const char *cwd;
  long perms;                /* for the next option, -1: none */
  uint64_t size;             /* for the next option, 0: none */
  int info_fd, status_fd;    /* -1: none */
  SandboxTiming *timing;     /* NULL: not asked for */
  char **texts;              /* blocks of --args: words of the command line point into them */
  size_t n_texts;
} Appbox;

/* Print a sentence after the program's name and exit with status 1, as callers of this command line expect. */
void appbox_die (const char *format, ...) __attribute__ ((noreturn, format (printf, 1, 2)));
