/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The group of a running sandbox that is joined (sandbox_plan_enter): what joins is under the limits of those that are there.
 *
 * Only groups that were made for a sandbox count, told by their names; a sandbox without limits is in the group of whoever
 * started it, and that is nobody's limit.  The kernel asks for the right to write to a group above both (cgroups(7),
 * "Delegation containment"); who does not have it between two sessions asks the user's systemd, which moves the process.
 */
#include "sandbox/cgroup-way.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The component of `path` that names a group made for a sandbox, or NULL. */
static const char *
own_find (const char *path)
{
  static const char *const beginnings[] = { CGROUP_DIRECTORY_NAME, CGROUP_SCOPE_NAME };

  for (const char *name = path; name != NULL; name = strchr (name, '/'))
    {
      name += *name == '/';
      for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
        if (strncmp (name, beginnings[i], strlen (beginnings[i])) == 0)
          return name;
    }
  return NULL;
}

int
cgroup_joined (pid_t pid, Cgroup *group, char *reason)
{
  char path[4096];
  char own[4096] = "";
  const char *name;
  int mount_fd;

  (void) cgroup_path_of (0, own, sizeof own);
  if (cgroup_path_of (pid, path, sizeof path) < 0 || (name = own_find (path)) == NULL || strcmp (path, own) == 0)
    return 0;
  mount_fd = cgroup_mount_open (reason);
  if (mount_fd < 0)
    return -1;
  group->way = &cgroup_way_joined;
  group->is_joined = true;
  (void) snprintf (group->name, sizeof group->name, "%.*s", (int) strcspn (name, "/"), name);
  group->dir_fd = openat (mount_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  (void) close (mount_fd);
  if (group->dir_fd < 0)
    return cgroup_reason (reason, "/sys/fs/cgroup/%.300s: %s", path, strerror (errno));
  return 1;
}

/* `begin` is cgroup_joined(), since it is the running sandbox that asks for it and no plan. */
static int
joined_place (const SandboxPlan *plan, Cgroup *group, pid_t pid, char *reason)
{
  char text[32];

  (void) plan;
  (void) snprintf (text, sizeof text, "%d", (int) pid);
  if (cgroup_write (group->dir_fd, "cgroup.procs", text) == 0 || errno == ESRCH)
    return 0;
  if (errno == EACCES && strncmp (group->name, CGROUP_SCOPE_NAME, strlen (CGROUP_SCOPE_NAME)) == 0)
    return cgroup_scope_attach (group, pid, reason);
  return cgroup_reason (reason, "the kernel does not let the process into the group %s: %s", group->name, strerror (errno));
}

const CgroupWay cgroup_way_joined = { "the running sandbox", NULL, joined_place };
