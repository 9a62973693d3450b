/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/limit.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define MEMORY_LEAST (UINT64_C (1) << 20)

const LimitName sandbox_limit_names[] = {
  /* Of the control group. */
  { "memory", LIMIT_BYTES, -1, "memory.max", NULL, "MemoryMax", "memory" },
  { "memory-high", LIMIT_BYTES, -1, "memory.high", NULL, "MemoryHigh", "memory before it is slowed down" },
  { "swap", LIMIT_BYTES, -1, "memory.swap.max", NULL, "MemorySwapMax", "swap space" },
  { "cpus", LIMIT_CPUS, -1, "cpu.max", NULL, "CPUQuotaPerSecUSec", "processors" },
  { "cpu-weight", LIMIT_WEIGHT, -1, "cpu.weight", NULL, "CPUWeight", "weight for the processors" },
  { "pids", LIMIT_COUNT, -1, "pids.max", NULL, "TasksMax", "processes and threads" },
  { "io-weight", LIMIT_WEIGHT, -1, "io.weight", NULL, "IOWeight", "weight for the disks" },
  { "io-read", LIMIT_RATE, -1, "io.max", "rbps", "IOReadBandwidthMax", "bytes read a second" },
  { "io-write", LIMIT_RATE, -1, "io.max", "wbps", "IOWriteBandwidthMax", "bytes written a second" },
  { "io-read-operations", LIMIT_RATE, -1, "io.max", "riops", "IOReadIOPSMax", "reads a second" },
  { "io-write-operations", LIMIT_RATE, -1, "io.max", "wiops", "IOWriteIOPSMax", "writes a second" },
  /* Of each process. */
  { "address-space", LIMIT_BYTES, RLIMIT_AS, NULL, NULL, NULL, "address space of a process" },
  { "core", LIMIT_BYTES, RLIMIT_CORE, NULL, NULL, NULL, "size of a core dump" },
  { "cpu-time", LIMIT_SECONDS, RLIMIT_CPU, NULL, NULL, NULL, "seconds of processor time of a process" },
  { "data", LIMIT_BYTES, RLIMIT_DATA, NULL, NULL, NULL, "data of a process" },
  { "file-size", LIMIT_BYTES, RLIMIT_FSIZE, NULL, NULL, NULL, "size of a file that is written" },
  { "files", LIMIT_COUNT, RLIMIT_NOFILE, NULL, NULL, NULL, "open files of a process" },
  { "locked-memory", LIMIT_BYTES, RLIMIT_MEMLOCK, NULL, NULL, NULL, "locked memory" },
  { "locks", LIMIT_COUNT, RLIMIT_LOCKS, NULL, NULL, NULL, "file locks (Linux does not look at it)" },
  { "message-queues", LIMIT_BYTES, RLIMIT_MSGQUEUE, NULL, NULL, NULL, "message queues" },
  { "nice", LIMIT_NICE, RLIMIT_NICE, NULL, NULL, NULL, "nice value" },
  { "processes", LIMIT_COUNT, RLIMIT_NPROC, NULL, NULL, NULL, "processes of the user" },
  { "realtime-priority", LIMIT_COUNT, RLIMIT_RTPRIO, NULL, NULL, NULL, "real-time priority" },
  { "realtime-time", LIMIT_MICROSECONDS, RLIMIT_RTTIME, NULL, NULL, NULL, "microseconds of real-time work without a pause" },
  { "resident", LIMIT_BYTES, RLIMIT_RSS, NULL, NULL, NULL, "resident memory (Linux does not look at it)" },
  { "signals", LIMIT_COUNT, RLIMIT_SIGPENDING, NULL, NULL, NULL, "waiting signals of the user" },
  { "stack", LIMIT_BYTES, RLIMIT_STACK, NULL, NULL, NULL, "stack of a process" },
  { NULL },
};

static int fail (char *reason, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

static int
fail (char *reason, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  (void) vsnprintf (reason, SANDBOX_LIMIT_REASON, format, args);    /* a cut sentence is still one */
  va_end (args);
  return -1;
}

const LimitName *
sandbox_limit_find (const char *name)
{
  for (const LimitName *row = sandbox_limit_names; row->name != NULL; row++)
    if (strcmp (row->name, name) == 0)
      return row;
  return NULL;
}

/* Digits with at most `decimals` behind a point, times 10^decimals.  *ret_end is what follows. */
static int
number_read (const char *text, int decimals, uint64_t *ret_number, const char **ret_end)
{
  uint64_t number = 0;
  int behind = -1;
  const char *p = text;

  for (; (*p >= '0' && *p <= '9') || (*p == '.' && behind < 0 && p > text && decimals > 0); p++)
    {
      if (*p == '.')
        behind = 0;
      else if (behind >= decimals || number > (UINT64_MAX - 9) / 10)
        return -1;
      else
        {
          number = number * 10 + (uint64_t) (*p - '0');
          behind += behind >= 0;
        }
    }
  for (int i = behind > 0 ? behind : 0; i < decimals; i++)
    {
      if (number > UINT64_MAX / 10)
        return -1;
      number *= 10;
    }
  *ret_number = number;
  *ret_end = p;
  return p == text ? -1 : 0;
}

static int
bytes_read (const char *text, uint64_t *ret_number)
{
  static const char units[] = "KMGT";
  const char *end;
  const char *unit;

  if (number_read (text, 0, ret_number, &end) < 0)
    return -1;
  if (*end == '\0')
    return 0;
  unit = strchr (units, *end >= 'a' ? *end - 'a' + 'A' : *end);
  for (long i = unit != NULL ? unit - units + 1 : 0; i > 0; i--)
    {
      if (*ret_number > (UINT64_MAX >> 10) - 1)
        return -1;
      *ret_number <<= 10;
    }
  return unit != NULL && end[1] == '\0' ? 0 : -1;
}

/* “50%” and “0.5” are half a processor. */
static int
cpus_read (const char *text, uint64_t *ret_number)
{
  const char *end;

  if (number_read (text, 6, ret_number, &end) < 0)
    return -1;
  if (strcmp (end, "%") == 0)
    *ret_number /= 100;
  else if (*end != '\0')
    return -1;
  return *ret_number >= 10000 && *ret_number <= UINT64_C (100000000000) ? 0 : -1;
}

static int
nice_read (const char *text, uint64_t *ret_number)
{
  char *end;
  long nice;

  errno = 0;
  nice = strtol (text, &end, 10);
  if (errno != 0 || end == text || *end != '\0' || text[0] == ' ' || text[0] == '+' || nice < -20 || nice > 19)
    return -1;
  *ret_number = (uint64_t) (20 - nice);
  return 0;
}

static int
count_read (const char *text, uint64_t *ret_number)
{
  const char *end;

  return number_read (text, 0, ret_number, &end) == 0 && *end == '\0' ? 0 : -1;
}

static int
weight_read (const char *text, uint64_t *ret_number)
{
  return count_read (text, ret_number) == 0 && *ret_number >= 1 && *ret_number <= 10000 ? 0 : -1;
}

static const struct
{
  int (*read) (const char *text, uint64_t *ret_number);
  const char *form;
} units[] = {
  [LIMIT_BYTES] = { bytes_read, "a number of bytes, as 512K, 64M or 2G" },
  [LIMIT_COUNT] = { count_read, "a number" },
  [LIMIT_SECONDS] = { count_read, "a number of seconds" },
  [LIMIT_MICROSECONDS] = { count_read, "a number of microseconds" },
  [LIMIT_NICE] = { nice_read, "a number between -20 and 19" },
  [LIMIT_CPUS] = { cpus_read, "50% or 1.5 (at least 1% of a processor)" },
  [LIMIT_WEIGHT] = { weight_read, "a number between 1 and 10000" },
  [LIMIT_RATE] = { bytes_read, "a number a second, as 10M, and with a ':' the path of something on the disk" },
};

static int
part_read (const LimitName *name, const char *part, uint64_t *ret_number, char *reason)
{
  if (strcmp (part, "unlimited") == 0 && name->unit != LIMIT_WEIGHT)
    *ret_number = SANDBOX_UNLIMITED;
  else if (units[name->unit].read (part, ret_number) < 0)
    return fail (reason, "“%s” is no value for the limit “%s”: it takes %s%s", part, name->name, units[name->unit].form,
                 name->unit == LIMIT_WEIGHT ? "" : ", or “unlimited”");
  if (name->resource < 0 && name->unit == LIMIT_BYTES && strcmp (name->name, "swap") != 0 && *ret_number < MEMORY_LEAST)
    return fail (reason, "a limit of %s of memory is too small for any command; the least is 1M", part);
  if (name->unit == LIMIT_RATE && *ret_number == 0)
    return fail (reason, "the limit “%s” of nothing would stop the disk", name->name);
  if (strcmp (name->name, "pids") == 0 && *ret_number < 3)
    return fail (reason, "a limit of %s processes is too small for any command; the least is 3", part);
  return 0;
}

/* Behind the first ':' stands the hard limit, or the path of a rate. */
static int
parts_read (SandboxLimit *limit, char *first, const char *colon_in_value, char *reason)
{
  char *second = strchr (first, ':');

  if (second != NULL)
    *second++ = '\0';
  if (part_read (limit->name, first, &limit->soft, reason) < 0)
    return -1;
  limit->hard = limit->soft;
  if (limit->name->unit == LIMIT_RATE)
    {
      if (second == NULL || second[0] != '/')
        return fail (reason, "the limit “%s” needs a disk: %s=10M:/PATH, where PATH is something on it", limit->name->name,
                     limit->name->name);
      limit->path = colon_in_value + 1;
      limit->path_length = strlen (second);
      return 0;
    }
  if (second != NULL && limit->name->resource < 0)
    return fail (reason, "the limit “%s” is of a control group, which has no hard limit beside it", limit->name->name);
  if (second != NULL && part_read (limit->name, second, &limit->hard, reason) < 0)
    return -1;
  /* At the hard limit the kernel kills, and nobody could tell why. */
  if (second == NULL && limit->name->resource == RLIMIT_CPU && limit->soft < SANDBOX_UNLIMITED - 1)
    limit->hard = limit->soft + 1;
  if (limit->soft > limit->hard)
    return fail (reason, "the limit “%s” is larger than its hard limit", limit->name->name);
  return 0;
}

int
sandbox_limit_parse (const char *name, const char *value, SandboxLimit *ret_limit, char reason[SANDBOX_LIMIT_REASON])
{
  static const char ending[] = ",optional";
  SandboxLimit limit = { .name = sandbox_limit_find (name) };
  size_t length = strlen (value);
  char copy[4352];

  if (limit.name == NULL)
    return fail (reason, "“%.60s” is no limit; there are memory, cpus, pids, files and others, see appbox(1)", name);
  if (length >= sizeof copy)
    return fail (reason, "the value of the limit “%s” is too long", name);
  memcpy (copy, value, length + 1);
  if (length >= sizeof ending - 1 && strcmp (copy + length - (sizeof ending - 1), ending) == 0)
    {
      limit.optional = 1;
      copy[length - (sizeof ending - 1)] = '\0';
    }
  if (strcmp (copy, "none") == 0)
    limit.none = 1;
  else if (parts_read (&limit, copy, strchr (value, ':'), reason) < 0)
    return -1;
  *ret_limit = limit;
  return 0;
}
