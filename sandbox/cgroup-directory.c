/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A group made by hand, in the nearest directory above us that was given to this user.
 *
 * What belongs to systemd has one writer, so slices and the user's service manager itself are left to it, although they belong
 * to the user; a scope or a service is ours only when it is empty but for groups (the kernel refuses controllers in a
 * directory that has processes of its own).
 */
#include "sandbox/cgroup-way.h"

#include "sandbox/limit.h"
#include "sandbox/plan-limit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
has_ending (const char *text, const char *ending)
{
  size_t length = strlen (text);

  return length >= strlen (ending) && strcmp (text + length - strlen (ending), ending) == 0;
}

static bool
is_of_systemd (const char *path)
{
  const char *slash = strrchr (path, '/');
  const char *name = slash != NULL ? slash + 1 : path;

  if (name[0] == '\0')
    return access ("/run/systemd/system", F_OK) == 0;
  return has_ending (name, ".slice") || (strncmp (name, "user@", 5) == 0 && has_ending (name, ".service"));
}

static bool
is_given (int fd)
{
  static const char *const places[] = { ".", "cgroup.procs", "cgroup.subtree_control" };

  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
    if (faccessat (fd, places[i], W_OK, AT_EACCESS) < 0)
      return false;
  return true;
}

static bool
has_word (const char *text, const char *word)
{
  size_t length = strlen (word);

  for (const char *p = text; (p = strstr (p, word)) != NULL; p += length)
    if ((p == text || p[-1] == ' ') && (p[length] == ' ' || p[length] == '\0' || p[length] == '\n'))
      return true;
  return false;
}

/* Let the groups in this directory have the controllers of all limits. */
static int
controllers_enable (const SandboxPlan *plan, int fd, const char *path, char *reason)
{
  const Record *record;
  char enabled[512];
  size_t i = 0;

  while ((record = limit_next (plan, true, &i)) != NULL)
    {
      char name[17] = "+";

      cgroup_controller (record, name + 1);
      if (cgroup_read (fd, "cgroup.subtree_control", enabled, sizeof enabled) < 0)
        return cgroup_reason (reason, "/%.200s: cgroup.subtree_control: %s", path, strerror (errno));
      if (has_word (enabled, name + 1) || record->size == SANDBOX_UNLIMITED
          || cgroup_write (fd, "cgroup.subtree_control", name) == 0 || (record->flags & LIMIT_OPTIONAL) != 0)
        continue;
      if (errno == EBUSY)
        return cgroup_reason (reason, "/%.200s has processes of its own, so the kernel gives no controller to groups in it", path);
      return cgroup_reason (reason, "/%.200s has no controller “%s”: %s", path, name + 1, strerror (errno));
    }
  return 0;
}

static int
limits_write (const SandboxPlan *plan, int fd, char *reason)
{
  const Record *record;
  size_t i = 0;

  while ((record = limit_next (plan, true, &i)) != NULL)
    {
      const char *file = sandbox_limit_find (record->dest)->file;
      char text[64];

      if (cgroup_value (record, text, sizeof text, reason) < 0)
        {
          if ((record->flags & LIMIT_OPTIONAL) != 0)
            continue;
          return -1;
        }
      if (cgroup_write (fd, file, text) == 0 || (record->flags & LIMIT_OPTIONAL) != 0
          || (record->size == SANDBOX_UNLIMITED && errno == ENOENT))
        continue;
      return cgroup_reason (reason, "%s cannot be set to “%s”: %s", file, text, strerror (errno));
    }
  return cgroup_check (plan, fd, reason);
}

static int
group_make (const SandboxPlan *plan, Cgroup *group, int parent_fd, const char *path, char *reason)
{
  int made = -1;

  for (unsigned i = 0; made < 0 && i < 1000; i++)
    {
      (void) snprintf (group->name, sizeof group->name, CGROUP_DIRECTORY_NAME "%d-%u", (int) getpid (), i);
      made = mkdirat (parent_fd, group->name, 0755);
      if (made < 0 && errno != EEXIST)
        break;
    }
  if (made < 0)
    return cgroup_reason (reason, "/%.200s: a group cannot be made: %s", path, strerror (errno));
  group->dir_fd = openat (parent_fd, group->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (group->dir_fd < 0)
    cgroup_reason (reason, "/%.200s/%s: %s", path, group->name, strerror (errno));
  else if (limits_write (plan, group->dir_fd, reason) == 0)
    {
      group->parent_fd = parent_fd;
      return 0;
    }
  if (group->dir_fd >= 0)
    (void) close (group->dir_fd);
  group->dir_fd = -1;
  (void) unlinkat (parent_fd, group->name, AT_REMOVEDIR);
  return -1;
}

static int
directory_begin (const SandboxPlan *plan, Cgroup *group, char *reason)
{
  char path[4096];
  char *slash;
  int mount_fd = cgroup_mount_open (reason);

  if (mount_fd < 0)
    return -1;
  if (cgroup_path_of (0, path, sizeof path) < 0)
    {
      (void) close (mount_fd);
      return cgroup_reason (reason, "this process is in no control group that can be seen here");
    }
  cgroup_reason (reason, "/%.200s and what is above it were not given to this user", path);
  do
    {
      int fd = openat (mount_fd, path[0] != '\0' ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

      if (fd >= 0 && !is_of_systemd (path) && is_given (fd) && controllers_enable (plan, fd, path, reason) == 0
          && group_make (plan, group, fd, path, reason) == 0)
        {
          (void) close (mount_fd);
          return 0;
        }
      if (fd >= 0)
        (void) close (fd);
      slash = strrchr (path, '/');
      if (slash == NULL && path[0] != '\0')
        slash = path;
      if (slash != NULL)
        *slash = '\0';
    }
  while (slash != NULL);
  (void) close (mount_fd);
  return -1;
}

/* An older kernel, or a filter that hides clone3, makes the process in our own group. */
static int
directory_place (const SandboxPlan *plan, Cgroup *group, pid_t pid, char *reason)
{
  char text[32];

  (void) snprintf (text, sizeof text, "%d", (int) pid);
  if (cgroup_write (group->dir_fd, "cgroup.procs", text) < 0 && errno != ESRCH)
    return cgroup_reason (reason, "the sandbox cannot be moved into the group %s: %s", group->name, strerror (errno));
  return 0;
}

const CgroupWay cgroup_way_directory = { "a directory given to this user", directory_begin, directory_place };
