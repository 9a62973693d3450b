/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/cgroup-way.h"

#include "sandbox/limit.h"
#include "sandbox/plan-limit.h"

#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const CgroupWay *const ways[] = { &cgroup_way_directory, &cgroup_way_systemd };

/* The first limit that is not optional, or NULL. */
static const Record *
required_find (const SandboxPlan *plan)
{
  const Record *record;
  size_t i = 0;

  while ((record = limit_next (plan, true, &i)) != NULL)
    if ((record->flags & LIMIT_OPTIONAL) == 0)
      return record;
  return NULL;
}

/* Returns -1, or 0 where nobody insists on a limit. */
static int
group_refuse (const SandboxPlan *plan, const char *reasons, SandboxError *error)
{
  const Record *record = required_find (plan);

  if (record == NULL)
    return 0;
  memset (error, 0, sizeof *error);
  error->saved_errno = ENOTSUP;
  (void) snprintf (error->message, sizeof error->message,
                   "cannot limit the sandbox to %s=%s (wanted by: %.200s): %s; a limit marked “,optional” is left out where it "
                   "cannot be had", record->dest, record->source, record->origin, reasons);
  return -1;
}

/* Whoever joins a sandbox may not have more than those in it. */
static int
join_refuse (const char *reason, SandboxError *error)
{
  memset (error, 0, sizeof *error);
  error->saved_errno = EPERM;
  (void) snprintf (error->message, sizeof error->message,
                   "cannot hold the command to the limits of the sandbox that it joins: %s", reason);
  return -1;
}

int
cgroup_begin (const SandboxPlan *plan, Cgroup **ret_group, SandboxError *ret_error)
{
  char reasons[2 * CGROUP_REASON + 128] = "it needs a control group";
  Cgroup *group;

  *ret_group = NULL;
  if (!limit_is_wanted (plan, true))
    return 0;
  group = calloc (1, sizeof *group);
  if (group == NULL)
    return group_refuse (plan, "out of memory", ret_error);
  for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
    {
      char reason[CGROUP_REASON] = "";
      size_t used = strlen (reasons);

      group->dir_fd = group->parent_fd = -1;
      group->way = ways[i];
      if (ways[i]->begin (plan, group, reason) == 0)
        {
          *ret_group = group;
          return 0;
        }
      (void) snprintf (reasons + used, sizeof reasons - used, "%s %s has none (%s)", i == 0 ? ":" : ", and", ways[i]->name,
                       reason);
    }
  free (group);
  return group_refuse (plan, reasons, ret_error);
}

int
cgroup_join (const SandboxPlan *plan, pid_t pid, Cgroup **ret_group, SandboxError *error)
{
  char reason[CGROUP_REASON] = "out of memory";
  Cgroup *group = calloc (1, sizeof *group);
  int found = group != NULL ? cgroup_joined (pid, group, reason) : -1;

  if (found == 1 && limit_is_wanted (plan, true))
    {
      cgroup_end (group);
      *ret_group = NULL;
      return join_refuse ("limits of a control group cannot be added to them", error);
    }

  if (found < 1)
    free (group);
  *ret_group = found == 1 ? group : NULL;
  return found < 0 ? join_refuse (reason, error) : 0;
}

int
cgroup_place (const SandboxPlan *plan, Cgroup **group, pid_t pid, SandboxError *ret_error)
{
  char reason[CGROUP_REASON] = "";
  bool is_joined = *group != NULL && (*group)->is_joined;

  if (*group == NULL || (*group)->way->place (plan, *group, pid, reason) == 0)
    return 0;
  cgroup_end (*group);
  *group = NULL;
  return is_joined ? join_refuse (reason, ret_error) : group_refuse (plan, reason, ret_error);
}

static const Record *
limit_find (const SandboxPlan *plan, const char *name)
{
  const Record *record;
  size_t i = 0;

  while ((record = limit_next (plan, true, &i)) != NULL)
    if (strcmp (record->dest, name) == 0 && record->size != SANDBOX_UNLIMITED)
      return record;
  return NULL;
}

/* What a hit means for the app is for the app to say, and an app that ended well has not suffered from it. */
void
cgroup_explain (const Cgroup *group, const SandboxPlan *plan, int status, char *message, size_t size)
{
  static const struct { const char *limit, *file, *key, *before, *behind; } hits[] = {
    { "memory", "memory.events", "oom_kill", "the command was ended because it used more than", " memory" },
    { "pids", "pids.events", "max", "the command could make no more processes or threads: it had reached its limit of", "" },
  };

  if (group == NULL || group->dir_fd < 0 || status == 0)
    return;
  for (size_t i = 0; i < sizeof hits / sizeof hits[0]; i++)
    {
      const Record *record = limit_find (plan, hits[i].limit);

      if (record == NULL || cgroup_count (group->dir_fd, hits[i].file, hits[i].key) == 0)
        continue;
      (void) snprintf (message, size, "%s %.*s%s (limit of: %s)", hits[i].before, (int) strcspn (record->source, ","),
                       record->source, hits[i].behind, record->origin);
      return;
    }
}

/* Groups that the app has made in its own, the deepest first. */
static void
groups_remove (int dir_fd, int depth)
{
  int fd = depth > 0 ? openat (dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  DIR *folder = fd < 0 ? NULL : fdopendir (fd);
  const struct dirent *entry;

  while (folder != NULL && (entry = readdir (folder)) != NULL)
    if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
      {
        int below = openat (dirfd (folder), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

        if (below < 0)
          continue;
        groups_remove (below, depth - 1);
        (void) close (below);
        (void) unlinkat (dirfd (folder), entry->d_name, AT_REMOVEDIR);
      }
  if (folder != NULL)
    (void) closedir (folder);
}

/* A scope is removed by systemd, once it is empty. */
void
cgroup_end (Cgroup *group)
{
  if (group == NULL)
    return;
  if (group->is_joined)
    (void) close (group->dir_fd);
  else if (group->dir_fd >= 0)
    {
      (void) cgroup_kill (group->dir_fd);   /* what cannot be killed keeps the group */
      if (group->parent_fd >= 0)
        {
          groups_remove (group->dir_fd, 8);
          (void) unlinkat (group->parent_fd, group->name, AT_REMOVEDIR);
          (void) close (group->parent_fd);
        }
      (void) close (group->dir_fd);
    }
  free (group);
}
