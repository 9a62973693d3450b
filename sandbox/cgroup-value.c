/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/cgroup-way.h"

#include "sandbox/limit.h"
#include "sandbox/plan-limit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define CPU_PERIOD 100000
#define PAGE_MOST 65536

void
cgroup_controller (const Record *record, char name[16])
{
  const char *file = sandbox_limit_find (record->dest)->file;
  size_t length = strcspn (file, ".");

  if (length > 15)
    length = 15;
  memcpy (name, file, length);
  name[length] = '\0';
}

/* "MAJOR:MINOR" of the whole disk that holds the path of a rate. */
static int
disk_find (const SandboxLimit *limit, char *text, size_t size, char *reason)
{
  char path[4352];
  char name[64];
  struct stat st;
  int fd;

  (void) snprintf (path, sizeof path, "%.*s", (int) limit->path_length, limit->path);
  if (stat (path, &st) < 0)
    return cgroup_reason (reason, "“%.200s”: %s", path, strerror (errno));
  (void) snprintf (name, sizeof name, "/sys/dev/block/%u:%u", major (st.st_dev), minor (st.st_dev));
  fd = open (name, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return cgroup_reason (reason, "“%.200s” is on a file system that is not on one disk", path);
  if (cgroup_read (fd, faccessat (fd, "partition", F_OK, 0) == 0 ? "../dev" : "dev", text, size) < 0)
    text[0] = '\0';
  (void) close (fd);
  return text[0] != '\0' ? 0 : cgroup_reason (reason, "the disk of “%.200s” has no number in /sys", path);
}

/* What is to be written, or found. */
int
cgroup_value (const Record *record, char *text, size_t size, char *reason)
{
  SandboxLimit limit;
  char disk[32];
  int is_max = record->size == SANDBOX_UNLIMITED;

  if (sandbox_limit_parse (record->dest, record->source, &limit, reason) < 0)
    return -1;
  switch (limit.name->unit)
    {
    case LIMIT_CPUS:
      if (is_max)
        (void) snprintf (text, size, "max %d", CPU_PERIOD);
      else
        (void) snprintf (text, size, "%llu %d", (unsigned long long) record->size / (1000000 / CPU_PERIOD), CPU_PERIOD);
      return 0;
    case LIMIT_RATE:
      if (disk_find (&limit, disk, sizeof disk, reason) < 0)
        return -1;
      if (is_max)
        (void) snprintf (text, size, "%s %s=max", disk, limit.name->key);
      else
        (void) snprintf (text, size, "%s %s=%llu", disk, limit.name->key, (unsigned long long) record->size);
      return 0;
    default:
      if (is_max)
        (void) snprintf (text, size, "max");
      else
        (void) snprintf (text, size, "%llu", (unsigned long long) record->size);
      return 0;
    }
}

/* A line that begins with the disk and has the word; what is unlimited has none. */
static bool
rate_is_set (const char *text, const char *wanted)
{
  size_t disk = strcspn (wanted, " ") + 1;

  for (const char *line = text; line != NULL; line = strchr (line, '\n'))
    {
      const char *word;

      line += line != text;
      if (strncmp (line, wanted, disk) != 0)
        continue;
      word = strstr (line, wanted + disk);
      return word != NULL && strchr (" \n", word[strlen (wanted + disk)]) != NULL;
    }
  return false;
}

/* The kernel rounds bytes down to pages, and systemd chooses a period of its own for the processors. */
static bool
is_set (const Record *record, const char *text, const char *wanted)
{
  const LimitName *name = sandbox_limit_find (record->dest);
  unsigned long long number = 0;
  unsigned long long period = 0;
  char *end;

  if (record->size == SANDBOX_UNLIMITED)
    return name->unit == LIMIT_RATE ? !rate_is_set (text, wanted) || strstr (text, wanted) != NULL : strncmp (text, "max", 3) == 0;
  if (name->unit == LIMIT_RATE)
    return rate_is_set (text, wanted);
  if (strncmp (text, "default ", 8) == 0)
    text += 8;
  errno = 0;
  number = strtoull (text, &end, 10);
  if (end == text || errno != 0)
    return false;
  if (name->unit == LIMIT_BYTES)
    return number <= record->size && record->size - number < PAGE_MOST;
  if (name->unit != LIMIT_CPUS)
    return number == record->size;
  period = strtoull (end, NULL, 10);
  if (period == 0)
    return false;
  number = number * 1000000 / period;
  return number <= record->size + record->size / 50 + 1 && number + record->size / 50 + 1 >= record->size;
}

static int
limit_check (const Record *record, int dir_fd, char *reason)
{
  const char *file = sandbox_limit_find (record->dest)->file;
  char controller[16];
  char wanted[64];
  char text[2048];

  if (cgroup_value (record, wanted, sizeof wanted, reason) < 0)
    return -1;
  if (cgroup_read (dir_fd, file, text, sizeof text) == 0)
    return is_set (record, text, wanted)
             ? 0 : cgroup_reason (reason, "%s of the group says “%.60s”, not “%s”", file, text, wanted);
  if (record->size == SANDBOX_UNLIMITED)
    return 0;           /* without the controller, so it is */
  cgroup_controller (record, controller);
  if (strcmp (file, "memory.swap.max") == 0 && faccessat (dir_fd, "memory.max", F_OK, 0) == 0)
    return cgroup_reason (reason, "this kernel does not count swap space (swapaccount=1 on its command line)");
  return cgroup_reason (reason, "the controller “%s” is not delegated to this user; an administrator does that with a file "
                        "/etc/systemd/system/user@.service.d/delegate.conf that says “[Service]” and “Delegate=cpu cpuset io "
                        "memory pids”", controller);
}

int
cgroup_check (const SandboxPlan *plan, int dir_fd, char *reason)
{
  const Record *record;
  char why[CGROUP_REASON];
  size_t i = 0;

  while ((record = limit_next (plan, true, &i)) != NULL)
    if (limit_check (record, dir_fd, why) < 0 && (record->flags & LIMIT_OPTIONAL) == 0)
      return cgroup_reason (reason, "the limit %s=%s cannot be had: %.400s", record->dest, record->source, why);
  return 0;
}
