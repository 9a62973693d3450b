/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Limits of resources: their names, their values, and what each is to the kernel and to systemd.
 *
 * A limit is either one of the process (setrlimit(2)) or one of a control group (cgroups(7), version 2).  A value is
 * written VALUE[:HARD][,optional]; HARD is for limits of the process only, and the same as VALUE when it is not given:
 *
 *   bytes      64M, 2G (K, M, G, T are powers of 1024)    cpus      50%, 1.5 (of one processor)
 *   count      4096                                       weight    1 to 10000, 100 is usual
 *   seconds    60                                         nice      -20 to 19: the lowest that may be asked for
 *   rate       10M:/PATH (bytes or operations a second, for the disk that PATH is on)
 *
 * “unlimited” lifts the limit as far as the caller may; “none” leaves what is inherited.  “optional” means that a limit that
 * cannot be had is left out; without it that is a failure.
 *
 * This header is also for bundle/, so that the words are the same everywhere.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SANDBOX_UNLIMITED UINT64_MAX
#define SANDBOX_LIMIT_REASON 256

typedef enum
{
  LIMIT_BYTES,
  LIMIT_COUNT,
  LIMIT_SECONDS,
  LIMIT_MICROSECONDS,
  LIMIT_NICE,           /* the number is 20 - nice, as setrlimit has it */
  LIMIT_CPUS,           /* the number is microseconds of processor time a second */
  LIMIT_WEIGHT,
  LIMIT_RATE,
} LimitUnit;

typedef struct
{
  const char *name;
  LimitUnit unit;
  int resource;         /* RLIMIT_*, or -1: of a control group */
  const char *file;     /* of the control group; its controller is what stands before the dot */
  const char *key;      /* in a file with several */
  const char *property; /* of a scope of systemd */
  const char *what;     /* completes "a limit of ..." */
} LimitName;

typedef struct
{
  const LimitName *name;
  uint64_t soft;        /* the value of a control group, too; SANDBOX_UNLIMITED */
  uint64_t hard;
  const char *path;     /* of a rate: a part of the value that was read, `path_length` bytes; else NULL */
  size_t path_length;
  int optional;
  int none;
} SandboxLimit;

/* Ended by a row without name. */
extern const LimitName sandbox_limit_names[];

const LimitName *sandbox_limit_find (const char *name);
/* Returns 0, or -1 with a sentence.  The limit points into `value`. */
int sandbox_limit_parse (const char *name, const char *value, SandboxLimit *ret_limit, char reason[SANDBOX_LIMIT_REASON]);
