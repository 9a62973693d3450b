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
#include <sys/types.h>

typedef enum
{
  APPBOX_NEW_IPC = 1 << 1,
  APPBOX_NEW_PID = 1 << 2,
  APPBOX_NEW_NET = 1 << 3,
  APPBOX_NEW_UTS = 1 << 4,
  APPBOX_NEW_CGROUP = 1 << 5,
  APPBOX_NEW_ALL = APPBOX_NEW_IPC | APPBOX_NEW_PID | APPBOX_NEW_NET | APPBOX_NEW_UTS | APPBOX_NEW_CGROUP,
} AppboxNew;

/* USUAL: as bwrap's, slave, where nothing that arrives later is more than was asked for: not for read-only binds. */
typedef enum { APPBOX_PROPAGATION_USUAL, APPBOX_PROPAGATION_PRIVATE, APPBOX_PROPAGATION_SLAVE } AppboxPropagation;

typedef enum { APPBOX_RUN, APPBOX_EXPLAIN_TEXT, APPBOX_EXPLAIN_JSON } AppboxExplain;

typedef struct
{
  SandboxPlan *plan;
  const struct Option *option;   /* that is being read (options.h) */
  const char *origin;        /* its name */
  unsigned namespaces;       /* AppboxNew */
  unsigned start;            /* SANDBOX_START_* */
  bool has_share_net, has_argv0, has_lock;
  pid_t parent;              /* who has started us */
  bool dies_with_parent;
  bool has_uid, has_gid;
  bool has_pasta, has_netns, has_join, has_domain_name;
  const char **ports;        /* to publish */
  size_t n_ports;
  unsigned uid, gid;
  uint64_t capabilities;
  const char *hostname;
  const char *cwd;
  long perms;                /* for the next option, -1: none */
  uint64_t size;             /* for the next option, 0: none */
  AppboxPropagation propagation;   /* of the next binds */
  int info_fd, status_fd;    /* -1: none */
  SandboxTiming *timing;     /* NULL: not asked for */
  int userns_fd, userns2_fd, pidns_fd, sync_fd, block_fd, userns_block_fd;   /* -1: none */
  int sync_number;           /* of sync_fd in the command, where that is pid 1 */
  bool has_user, has_user_try, has_disable_userns, has_add_seccomp, has_empty_filter, has_bind_fd, has_plan;
  bool has_filter;
  unsigned filter;           /* SandboxFilter */
  char *seccomp;             /* NULL: none */
  size_t seccomp_size;
  const char **layers;       /* --overlay-src of the next overlay */
  size_t n_layers;
  AppboxExplain explain;
  const char *plan_out;      /* NULL: run it */
  size_t n_words;            /* of all command lines, --args included */
  bool is_in_args;
  unsigned char seen[128];   /* by number of the option */
  char **texts;              /* blocks of --args: words of the command line point into them */
  size_t n_texts;
} Appbox;

/* message.c.  Print a sentence after the program's name and exit with status 1, as callers of this command line expect. */
void appbox_die (const char *format, ...) __attribute__ ((noreturn, format (printf, 1, 2)));
void appbox_warn (const char *format, ...) __attribute__ ((format (printf, 1, 2)));
/* What it calls itself: “bwrap” when it was called by that name. */
const char *appbox_name (void);
/* What could not be written, to a full disk for example, must not look like success. */
int output_end (void);
/* Begin each message with the level that syslog gives to it: <3> for errors, <4> for warnings. */
void appbox_prefix_levels (void);
