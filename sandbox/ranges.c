/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/ranges.h"

#include "sandbox/plan-namespace.h"
#include "sandbox/program.h"
#include "sandbox/setup.h"
#include "sandbox/sentence.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define RANGES_MAX 64
#define KINDS 2

typedef struct
{
  uint32_t inner, outer, count;
} Range;

struct Ranges
{
  struct
  {
    char helper[PATH_MAX];
    Range ranges[RANGES_MAX];
    size_t n;
  } kinds[KINDS];
};

/* What differs between users and groups. */
static const struct { unsigned bit; const char *helper, *file, *map, *what; } kinds[KINDS] = {
  [RANGES_USERS] = { SANDBOX_RANGE_USERS, "newuidmap", "/etc/subuid", "uid_map", "user" },
  [RANGES_GROUPS] = { SANDBOX_RANGE_GROUPS, "newgidmap", "/etc/subgid", "gid_map", "group" },
};

bool
ranges_line (char *line, const char *name, uid_t uid, uint32_t *ret_start, uint32_t *ret_count)
{
  char *colon = strchr (line, ':');
  char *end;
  unsigned long long start;
  unsigned long long count;

  if (colon == NULL)
    return false;
  *colon = '\0';
  if ((name == NULL || strcmp (line, name) != 0) && (strtoul (line, &end, 10) != uid || end == line || *end != '\0'))
    return false;
  start = strtoull (colon + 1, &end, 10);
  count = *end == ':' ? strtoull (end + 1, NULL, 10) : 0;
  if (count == 0 || count > UINT32_MAX || start > UINT32_MAX - count)
    return false;
  *ret_start = (uint32_t) start;
  *ret_count = (uint32_t) count;
  return true;
}

/* The first range that `path` gives this user, by name or by number. */
static int
range_of_caller (const char *path, Range *ret_range)
{
  const struct passwd *user = getpwuid (geteuid ());
  FILE *file = fopen (path, "re");
  char line[512];
  bool found = false;

  ret_range->inner = 0;
  while (file != NULL && !found && fgets (line, sizeof line, file) != NULL)
    found = ranges_line (line, user != NULL ? user->pw_name : NULL, geteuid (), &ret_range->outer, &ret_range->count);
  if (file != NULL)
    (void) fclose (file);
  return found ? 0 : -1;
}

static int
range_append (Ranges *ranges, RangesKind kind, uint32_t inner, uint32_t outer, uint32_t count, SandboxError *error)
{
  if (count == 0)
    return 0;
  if (ranges->kinds[kind].n == RANGES_MAX)
    return error_sentence (error, E2BIG, "there are more than %d ranges of %s ids to map", RANGES_MAX - 1, kinds[kind].what);
  ranges->kinds[kind].ranges[ranges->kinds[kind].n++] = (Range) { inner, outer, count };
  return 0;
}

/* Around the hole where the caller's own id is. */
static int
range_add (Ranges *ranges, RangesKind kind, const Range *range, uint32_t own, SandboxError *error)
{
  uint32_t before;

  if (own < range->inner || own - range->inner >= range->count)
    return range_append (ranges, kind, range->inner, range->outer, range->count, error);
  before = own - range->inner;
  if (range_append (ranges, kind, range->inner, range->outer, before, error) < 0)
    return -1;
  return range_append (ranges, kind, own + 1, range->outer + before + 1, range->count - before - 1, error);
}

static int
kind_prepare (const Launch *launch, Ranges *ranges, RangesKind kind, SandboxError *error)
{
  uint32_t inner = kind == RANGES_USERS ? launch->inner_uid : launch->inner_gid;
  uint32_t outer = kind == RANGES_USERS ? launch->outer_uid : launch->outer_gid;
  const SandboxPlan *plan = launch->plan;

  for (size_t i = 0; i < plan->n_records; i++)
    {
      const Record *record = &plan->records[i];
      Range range = { record->uid, record->gid, (uint32_t) record->size };

      if (record->kind != RECORD_ID_RANGE || (record->flags & kinds[kind].bit) == 0)
        continue;
      if (range.count == 0 && range_of_caller (kinds[kind].file, &range) < 0)
        return error_sentence (error, ENOENT, "%s gives this user no range of %s ids (wanted by: %s); an administrator adds one with: "
                       "usermod --add-sub%ss 100000-165535 USER", kinds[kind].file, kinds[kind].what, record->origin,
                       kind == RANGES_USERS ? "uid" : "gid");
      if (ranges->kinds[kind].n == 0 && range_append (ranges, kind, inner, outer, 1, error) < 0)
        return -1;
      if (range_add (ranges, kind, &range, inner, error) < 0)
        return -1;
    }
  if (ranges->kinds[kind].n > 0 && program_find (kinds[kind].helper, ranges->kinds[kind].helper) < 0)
    return error_sentence (error, ENOENT, "more than one %s id can be mapped by %s only, which is not installed; install the package "
                   "uidmap (Fedora: shadow-utils)", kinds[kind].what, kinds[kind].helper);
  return 0;
}

int
ranges_prepare (Launch *launch, SandboxError *error)
{
  if (record_last (launch->plan, RECORD_ID_RANGE) == NULL)
    return 0;
  launch->ranges = calloc (1, sizeof *launch->ranges);
  if (launch->ranges == NULL)
    return error_sentence (error, ENOMEM, "out of memory while the sandbox was prepared");
  for (int kind = 0; kind < KINDS; kind++)
    if (kind_prepare (launch, launch->ranges, (RangesKind) kind, error) < 0)
      return -1;
  return 0;
}

bool
ranges_have (const Ranges *ranges, RangesKind kind)
{
  return ranges != NULL && ranges->kinds[kind].n > 0;
}

/* The map tells more than the helper's status, which is lost where SIGCHLD is ignored. */
static bool
is_mapped (RangesKind kind, pid_t pid)
{
  char path[64];
  char text[16];
  int fd;
  ssize_t n;

  (void) snprintf (path, sizeof path, "/proc/%d/%s", (int) pid, kinds[kind].map);
  fd = open (path, O_RDONLY | O_CLOEXEC);
  n = fd < 0 ? -1 : read (fd, text, sizeof text);
  if (fd >= 0)
    (void) close (fd);
  return n > 0;
}

static int
kind_write (const Ranges *ranges, RangesKind kind, pid_t pid, SandboxError *error)
{
  char numbers[1 + 3 * RANGES_MAX][12];
  char *argv[3 + 3 * RANGES_MAX];
  const Range *range = ranges->kinds[kind].ranges;
  size_t n = ranges->kinds[kind].n;
  int log_fd = program_log_open ();
  char words[256];
  pid_t helper;

  (void) snprintf (numbers[0], sizeof numbers[0], "%d", (int) pid);
  for (size_t i = 0; i < n; i++)
    {
      (void) snprintf (numbers[1 + 3 * i], sizeof numbers[0], "%" PRIu32, range[i].inner);
      (void) snprintf (numbers[2 + 3 * i], sizeof numbers[0], "%" PRIu32, range[i].outer);
      (void) snprintf (numbers[3 + 3 * i], sizeof numbers[0], "%" PRIu32, range[i].count);
    }
  argv[0] = (char *) (uintptr_t) kinds[kind].helper;
  for (size_t i = 0; i < 1 + 3 * n; i++)
    argv[1 + i] = numbers[i];
  argv[2 + 3 * n] = NULL;
  helper = log_fd < 0 ? -1 : fork ();
  if (helper == 0)
    program_become (ranges->kinds[kind].helper, argv, -1, -1, log_fd);
  if (helper < 0)
    {
      int saved_errno = errno;

      if (log_fd >= 0)
        (void) close (log_fd);
      return error_sentence (error, saved_errno, "cannot run %s: %s", kinds[kind].helper, strerror (saved_errno));
    }
  while (waitpid (helper, NULL, 0) < 0 && errno == EINTR)
    ;
  program_log_last (log_fd, words, sizeof words);
  (void) close (log_fd);
  if (!is_mapped (kind, pid))
    return error_sentence (error, EPERM, "%s has not mapped the %s ids: %s; what is mapped must be a range that %s gives this user, "
                   "and %s must be setuid (or have CAP_SET%sID) and not run under no_new_privs", kinds[kind].helper, kinds[kind].what,
                   words[0] != '\0' ? words : "it said nothing", kinds[kind].file, kinds[kind].helper,
                   kind == RANGES_USERS ? "U" : "G");
  return 0;
}

int
ranges_write (const Ranges *ranges, pid_t pid, SandboxError *error)
{
  for (int kind = 0; kind < KINDS; kind++)
    if (ranges_have (ranges, (RangesKind) kind) && kind_write (ranges, (RangesKind) kind, pid, error) < 0)
      return -1;
  return 0;
}
