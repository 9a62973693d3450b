/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The records of a plan, for the files of this folder only; everybody else uses plan.h.
 */
#pragma once

#include "sandbox/timing.h"

#include <stdbool.h>

typedef enum
{
  RECORD_BIND,
  RECORD_MOUNT,
  RECORD_OVERLAY,
  RECORD_TMPFS,
  RECORD_PROC,
  RECORD_DEV,
  RECORD_DIR,
  RECORD_FILE,
  RECORD_SYMLINK,
  RECORD_HIDE,
  RECORD_PIN,
  RECORD_READ_ONLY,
  RECORD_SETENV,
  RECORD_UNSETENV,
  RECORD_SHARE,
  RECORD_IDENTITY,
  RECORD_HOSTNAME,
  RECORD_CAPABILITY,
  RECORD_FILTER,
  RECORD_LANDLOCK,
  RECORD_CWD,
  RECORD_COMMAND,
  RECORD_LIMIT,
  RECORD_PASS_FD,
  RECORD_DIE_WITH_FD,
  RECORD_TIME,
  RECORD_ID_RANGE,
  RECORD_OUTGOING,
  RECORD_TERMINAL,
  RECORD_SECUREBITS,
  /* Of plan-guest.h. */
  RECORD_CHMOD,
  RECORD_START,
  RECORD_ARGV0,
  RECORD_MQUEUE,
  RECORD_SECCOMP,
  RECORD_LOCK,
  RECORD_HOLD_FD,
  RECORD_WAIT_FD,
  RECORD_JOIN,
  RECORD_ENTER,
  RECORD_EXEC_LABEL,
  RECORD_FILE_LABEL,
  RECORD_RESTRICT,
  RECORD_DOMAIN_NAME,
  RECORD_ATTRIBUTE,
  RECORD_EXEC_PROFILE,
  RECORD_BINFMT,
  RECORD_N_KINDS,
} RecordKind;

/* In `number` of a bind: the source was given by name, so it can be opened again (stored.h). */
#define RECORD_BY_NAME 1

/* In `number` of a file: how it is made, when that is not for its mode to say; plus a SandboxData. */
#define RECORD_FILE_DATA 1

/* A member that a kind does not use is 0, NULL or (a descriptor) -1. */
typedef struct
{
  RecordKind kind;
  char *origin;
  char *dest;        /* place in the sandbox; name of a variable; host name */
  char *source;      /* name of the source; target of a link; value of a variable or an attribute; label; what a lost fd means */
  int fd;
  int upper_fd;
  int work_fd;
  char *upper_real;  /* paths without links, to find the layers again in the new mount namespace */
  char *work_real;
  int *fds;          /* overlay: lower directories, the bottom first */
  char **reals;
  size_t n_fds;
  unsigned flags;
  int number;        /* capability, filter, descriptor number, overlay without upper, SandboxJoin */
  mode_t mode;
  uid_t uid;
  gid_t gid;
  uint64_t size;
  uint64_t hard;     /* limit: the hard one */
  void *data;
  size_t data_size;
  char **argv;       /* the command; overlay: names of upper, work and the lower directories, when they were given by name */
} Record;

struct SandboxPlan
{
  Record *records;
  size_t n_records;
  size_t n_allocated;
  int out_of_memory;
  SandboxTiming *timing;    /* not owned; NULL: no time is taken */
  int withheld_fds[8];    /* not ours */
  size_t n_withheld;
  bool has_ways;          /* places may be written as ways: SANDBOX_START_FOLLOW_LINKS is there already */
  int gives_passed;       /* they are closed when the app has them */
  char failure[512];  /* "" while all is well */
};

/* The last record of that kind, or NULL. */
const Record *record_last (const SandboxPlan *plan, RecordKind kind);
/* Of what is passed our own copies, where the plan gives them away. */
void passed_close (const SandboxPlan *plan);
/* The flags of all records of that kind together. */
unsigned record_flags (const SandboxPlan *plan, RecordKind kind);
