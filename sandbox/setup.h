/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The child's side of a launch, between clone and exec.
 *
 * Nothing below this header allocates, uses stdio or returns to the caller's code.  Each function returns 0 (or a
 * descriptor), or -1 after fault_set().
 */
#pragma once

#include "sandbox/fault.h"
#include "sandbox/plan-guest.h"
#include "sandbox/outgoing.h"
#include "sandbox/ranges.h"
#include "sandbox/record.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/capability.h>
#include <sys/stat.h>
#include <sys/types.h>

typedef struct MountWay MountWay;

/* Computed from the plan before clone; see run.c. */
struct Launch
{
  const SandboxPlan *plan;
  uint64_t namespaces;       /* CLONE_NEW* */
  uint64_t late;             /* those of them that are made after the one of the network is begun (namespaces.c) */
  uid_t outer_uid, inner_uid;
  gid_t outer_gid, inner_gid;
  uint64_t capabilities;     /* kept */
  cap_t kept;                /* the same as the sets of the app */
  cap_t settling;            /* and as they are until the securebits are set */
  SandboxFilter filter;
  unsigned start;            /* SANDBOX_START_* */
  unsigned securebits;
  unsigned shared;           /* SANDBOX_SHARE_* */
  unsigned landlock;         /* SANDBOX_LANDLOCK_* */
  int limit_fds[2];          /* a pipe that says when the limits of the control group are in force; -1: there are none */
  struct SandboxGroup *group; /* to be born in; NULL: none */
  Ranges *ranges;            /* NULL: the child maps its one id itself */
  int terminal_fd;           /* of a terminal of the app's own, -1 */
  OutgoingPipes outgoing;
  bool is_entering;          /* a running sandbox is joined, and nothing is made */
  bool is_held;              /* the parent has something to do before the child goes on, or the child needs memory of its own */
  int hold_fds[2];           /* a pipe whose end lets the child go on; -1: it does not wait */
  int borrowing;             /* a child that shares our memory still does (kernel.h) */
  const char *hostname;      /* NULL: leave */
  char **init_argv;          /* for init: descriptors, working directory, flags, label, program, its arguments */
  char init_flags[16];
  char **env;
  dev_t *own_devices;        /* room for the file systems that we make: one a record, and one */
  int *pass_fds;             /* room for one a record */
  char *stack;               /* LAUNCH_STACK_SIZE bytes, for a child that shares our memory */
  char *network_stack, *leaver_stack;     /* THREAD_STACK_SIZE bytes each, behind it */
  int *held_fds;             /* what pid 1 holds and the app does not get, by record; -1: nothing */
  unsigned joined;           /* 1 << SandboxJoin */
};

#define LAUNCH_STACK_SIZE 262144
#define THREAD_STACK_SIZE 16384

typedef struct
{
  const Launch *launch;
  const MountWay *way;
  int fault_fd;              /* to the parent: a Fault, or closed by the app's exec */
  int status_fd;             /* to the parent: AppReport */
  int proc_fd;               /* the host's /proc */
  int base_fd;               /* tmpfs that holds the root and stage */
  int root_fd;               /* top of the new root */
  int stage_fd;              /* files and upper directories that are mounted elsewhere */
  int init_fd;               /* the program of pid 1 */
  int ruleset_fd;            /* what Landlock will allow; -1: nothing was asked of it */
  uint64_t landlock_rights;  /* that the ruleset is about */
  int filters_fd;            /* filters that the app loads (filters.c); -1: none */
  const char *base_path;
  mode_t umask;
  bool has_own_session;      /* wanted for want of another wall */
  size_t record;             /* the current one */
  mode_t parent_mode;        /* of directories that are missing on the way to its place */
  unsigned next_stage;       /* names in stage are numbers */
  size_t n_own_devices;
  pid_t network_pid;         /* of the thread that makes the network namespace, 0: none */
  int network_fd;            /* that namespace, -1; until it begins, the host's /proc */
  int network_errno;         /* why not */
  char network_call[24];
  int proc_seen;             /* what has to be covered in /proc (proc.c), when it is known already; -1 */
  pid_t leaver_pid;          /* of the thread that takes the old root off (root.c), 0: it is off */
  Fault fault;
} Setup;

/* Run every step, then become init.  Returns only on failure; setup->fault says why. */
void setup_run (Setup *setup);

/* fault.c; `path` may be NULL.  Returns -1. */
int fault_set (Setup *setup, FaultKind kind, const char *call, const char *path);

/* Steps, one file each; the order is in setup.c. */
int lifeline_follow_parent (Setup *setup);
int descriptors_standard (Setup *setup);
int idmap_write (Setup *setup);
/* namespaces.c: which of the namespaces the child makes itself, and doing that. */
uint64_t namespaces_late (const Launch *launch);
int namespaces_make (Setup *setup);
int network_begin (Setup *setup);
int network_join (Setup *setup);
/* proc.c; `host_fd`: the host's /proc. */
void proc_foresee (Setup *setup, int host_fd);
int time_shift (Setup *setup);
int label_files (Setup *setup);
int enter_join (Setup *setup);
int outgoing_mapped (Setup *setup);
int outgoing_wait (Setup *setup);
int terminal_take (Setup *setup);
int hostname_set (Setup *setup);
int sources_open (Setup *setup);
int root_make (Setup *setup);
int init_write (Setup *setup);
int filters_write (Setup *setup);
int attributes_set (Setup *setup);
int places_make (Setup *setup);
int landlock_prepare (Setup *setup);
int locks_take (Setup *setup);
int root_enter (Setup *setup);
int userns_finish (Setup *setup);
int start_await (Setup *setup);
int privileges_drop (Setup *setup);
int descriptors_arrange (Setup *setup);
int scope_limit (Setup *setup);
int session_make (Setup *setup);
int limits_await (Setup *setup);
int rlimits_set (Setup *setup);
int filter_load (Setup *setup);
int init_become (Setup *setup);
