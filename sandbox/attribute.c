/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One row an attribute: how its value is read when the plan is made, and how it is set in the child.
 */
#include "sandbox/attribute.h"

#include "sandbox/plan-build.h"
#include "sandbox/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef PR_SCHED_CORE
#define PR_SCHED_CORE 62
#endif
#define SCHED_CORE_CREATE 1
#define CPUS_MAX (8 * (int) sizeof (cpu_set_t))      /* 1024; the C libraries do not agree about CPU_SETSIZE */
#define IO_CLASS_SHIFT 13
#define IO_WHO_PROCESS 1

typedef struct
{
  const char *name;
  int (*read) (const char *text, Record *record);   /* 0 or -1; into number, flags or data */
  int (*set) (Setup *setup, const Record *record);  /* 0 or -1 with errno */
  const char *call;
  const char *form;         /* completes "it takes ..." */
  int adds_up;
} Attribute;

static int
whole_read (const char *text, int base, long least, long most, const char **ret_end, int *ret_number)
{
  char *end;
  long number;

  errno = 0;
  number = strtol (text, &end, base);
  if (errno != 0 || end == text || strchr ("-0123456789", text[0]) == NULL || number < least || number > most)
    return -1;
  *ret_end = end;
  *ret_number = (int) number;
  return 0;
}

static int
number_read (const char *text, int base, long least, long most, Record *record)
{
  const char *end;

  return whole_read (text, base, least, most, &end, &record->number) == 0 && *end == '\0' ? 0 : -1;
}

static int
nice_read (const char *text, Record *record)
{
  return number_read (text, 10, -20, 19, record);
}

static int
nice_set (Setup *setup, const Record *record)
{
  return setpriority (PRIO_PROCESS, 0, record->number);
}

static int
cpus_read (const char *text, Record *record)
{
  cpu_set_t *cpus = calloc (1, sizeof *cpus);
  const char *end = text - 1;
  int first;
  int last;

  record->data = cpus;
  record->data_size = sizeof *cpus;
  do
    {
      if (cpus == NULL || whole_read (end + 1, 10, 0, CPUS_MAX - 1, &end, &first) < 0)
        return -1;
      last = first;
      if (*end == '-' && (whole_read (end + 1, 10, 0, CPUS_MAX - 1, &end, &last) < 0 || last < first))
        return -1;
      for (int i = first; i <= last; i++)
        CPU_SET_S (i, sizeof *cpus, cpus);
    }
  while (*end == ',');
  return *end == '\0' ? 0 : -1;
}

static int
cpus_set (Setup *setup, const Record *record)
{
  return sched_setaffinity (0, record->data_size, record->data);
}

static int
io_read (const char *text, Record *record)
{
  static const struct { const char *name; int class; } classes[] = { { "realtime", 1 }, { "best-effort", 2 }, { "idle", 3 } };
  const char *colon = strchr (text, ':');
  size_t length = colon != NULL ? (size_t) (colon - text) : strlen (text);
  int level = 4;

  for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
    if (strlen (classes[i].name) == length && strncmp (text, classes[i].name, length) == 0)
      {
        if (classes[i].class == 3)
          level = 0;
        if (colon != NULL && (classes[i].class == 3 || number_read (colon + 1, 10, 0, 7, record) < 0))
          return -1;
        record->number = classes[i].class << IO_CLASS_SHIFT | (colon != NULL ? record->number : level);
        return 0;
      }
  return -1;
}

static int
io_set (Setup *setup, const Record *record)
{
  return (int) syscall (SYS_ioprio_set, IO_WHO_PROCESS, 0, record->number);
}

static int
oom_read (const char *text, Record *record)
{
  return number_read (text, 10, -1000, 1000, record);
}

static int
oom_set (Setup *setup, const Record *record)
{
  int fd = openat (setup->proc_fd, "self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  ssize_t n = fd < 0 ? -1 : write (fd, record->source, strlen (record->source));
  int saved_errno = errno;

  if (fd >= 0)
    (void) close (fd);
  errno = saved_errno;
  return n < 0 ? -1 : 0;
}

static int
umask_read (const char *text, Record *record)
{
  return number_read (text, 8, 0, 0777, record);
}

/* While places are made it is 0 (root.c), and becomes what is kept in `setup` afterwards. */
static int
umask_set (Setup *setup, const Record *record)
{
  setup->umask = (mode_t) record->number;
  if (setup->launch->is_entering)
    (void) umask (setup->umask);
  return 0;
}

static int
never_read (const char *text, Record *record)
{
  return strcmp (text, "never") == 0 ? 0 : -1;
}

static int
huge_pages_set (Setup *setup, const Record *record)
{
  return prctl (PR_SET_THP_DISABLE, 1, 0, 0, 0);
}

static int
personality_read (const char *text, Record *record)
{
  record->number = strcmp (text, "linux32") == 0 ? PER_LINUX32 : strcmp (text, "no-randomize") == 0 ? ADDR_NO_RANDOMIZE : 0;
  return record->number != 0 ? 0 : -1;
}

static int
personality_set (Setup *setup, const Record *record)
{
  int own = personality (0xffffffff);

  return own < 0 || personality ((unsigned long) (own | record->number)) < 0 ? -1 : 0;
}

static int
none_read (const char *text, Record *record)
{
  return strcmp (text, "none") == 0 ? 0 : -1;
}

static int
groups_set (Setup *setup, const Record *record)
{
  return setgroups (0, NULL);
}

static int
own_read (const char *text, Record *record)
{
  return strcmp (text, "own") == 0 ? 0 : -1;
}

static int
core_set (Setup *setup, const Record *record)
{
  return prctl (PR_SCHED_CORE, SCHED_CORE_CREATE, 0, 0, 0);
}

static const Attribute attributes[] = {
  { "nice", nice_read, nice_set, "setpriority", "a number from -20 to 19", 0 },
  { "cpus", cpus_read, cpus_set, "sched_setaffinity", "numbers of processors, as 0,2-5", 0 },
  { "io", io_read, io_set, "ioprio_set", "“idle”, “best-effort:LEVEL” or “realtime:LEVEL” (0 to 7)", 0 },
  { "oom-score", oom_read, oom_set, "write", "a number from -1000 to 1000", 0 },
  { "umask", umask_read, umask_set, "umask", "an octal number up to 777", 0 },
  { "huge-pages", never_read, huge_pages_set, "prctl", "“never”", 0 },
  { "personality", personality_read, personality_set, "personality", "“linux32” or “no-randomize”", 1 },
  { "groups", none_read, groups_set, "setgroups", "“none”", 0 },
  { "core", own_read, core_set, "prctl", "“own”", 0 },
};

#define N_ATTRIBUTES (sizeof attributes / sizeof attributes[0])

static const Attribute *
attribute_find (const char *name)
{
  for (size_t i = 0; i < N_ATTRIBUTES; i++)
    if (strcmp (attributes[i].name, name) == 0)
      return &attributes[i];
  return NULL;
}

int
sandbox_plan_attribute (SandboxPlan *plan, const char *name, const char *value, const char *origin)
{
  Record record = RECORD_INIT (RECORD_ATTRIBUTE);
  const Attribute *attribute = name != NULL ? attribute_find (name) : NULL;

  if (attribute == NULL)
    return plan_fail (plan, &record, "“%.60s” is no attribute of processes; there are nice, cpus, io, oom-score, umask, huge-pages, "
                      "personality, groups and core", name != NULL ? name : "");
  if (record_text (plan, &record, &record.dest, name) < 0 || record_text (plan, &record, &record.source, value) < 0)
    return -1;
  if (attribute->read (record.source, &record) < 0)
    return plan_fail (plan, &record, "“%.100s” is no value for the attribute “%s”: it takes %s", value, name, attribute->form);
  return plan_append (plan, &record, origin);
}

/* An earlier record of the same name has been replaced. */
static int
is_last (const SandboxPlan *plan, size_t i)
{
  for (size_t j = i + 1; j < plan->n_records; j++)
    if (plan->records[j].kind == RECORD_ATTRIBUTE && strcmp (plan->records[j].dest, plan->records[i].dest) == 0)
      return 0;
  return 1;
}

int
attributes_set (Setup *setup)
{
  const SandboxPlan *plan = setup->launch->plan;

  for (size_t i = 0; i < plan->n_records; i++)
    {
      const Record *record = &plan->records[i];
      const Attribute *attribute = record->kind == RECORD_ATTRIBUTE ? attribute_find (record->dest) : NULL;

      if (attribute == NULL || (!attribute->adds_up && !is_last (plan, i)))
        continue;
      setup->fault.record = (int32_t) i;
      if (attribute->set (setup, record) < 0)
        return fault_set (setup, FAULT_PLAIN, attribute->call, NULL);
    }
  setup->fault.record = -1;
  return 0;
}
