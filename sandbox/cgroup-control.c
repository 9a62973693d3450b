/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/cgroup.h"

#include "sandbox/cgroup-way.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEPTH_MOST 16

static int
control_error (SandboxError *error, int saved_errno, const char *what)
{
  memset (error, 0, sizeof *error);
  error->saved_errno = saved_errno;
  (void) snprintf (error->message, sizeof error->message, "the sandbox cannot be %s: %s", what,
                   saved_errno == ENOENT ? "it has no control group of its own; give its plan a limit of one, as pids=unlimited"
                   : saved_errno == ETIMEDOUT ? "it did not come to rest in time" : strerror (saved_errno));
  return -1;
}

static int
freeze_set (const SandboxProcess *process, int frozen, SandboxError *error)
{
  const char *what = frozen ? "frozen" : "thawed";

  if (process->group == NULL || process->group->is_joined)
    return control_error (error, ENOENT, what);
  if (cgroup_write (process->group->dir_fd, "cgroup.freeze", frozen ? "1" : "0") < 0)
    return control_error (error, errno, what);
  if (cgroup_await (process->group->dir_fd, "cgroup.events", "frozen", (unsigned long long) frozen) < 0)
    return control_error (error, ETIMEDOUT, what);
  return 0;
}

int
sandbox_freeze (const SandboxProcess *process, SandboxError *ret_error)
{
  return freeze_set (process, 1, ret_error);
}

int
sandbox_thaw (const SandboxProcess *process, SandboxError *ret_error)
{
  return freeze_set (process, 0, ret_error);
}

/* Every process of the group and of those in it. */
static void
kill_each (int dir_fd, int depth)
{
  int fd = openat (dir_fd, "cgroup.procs", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  FILE *list = fd < 0 ? NULL : fdopen (fd, "r");
  char line[32];
  DIR *folder;
  const struct dirent *entry;

  while (list != NULL && fgets (line, sizeof line, list) != NULL)
    {
      long pid = strtol (line, NULL, 10);

      if (pid > 1)
        (void) kill ((pid_t) pid, SIGKILL);     /* it may be gone already */
    }
  if (list != NULL)
    (void) fclose (list);
  fd = depth < DEPTH_MOST ? openat (dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  folder = fd < 0 ? NULL : fdopendir (fd);
  while (folder != NULL && (entry = readdir (folder)) != NULL)
    if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
      {
        int below = openat (dirfd (folder), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

        if (below >= 0)
          {
            kill_each (below, depth + 1);
            (void) close (below);
          }
      }
  if (folder != NULL)
    (void) closedir (folder);
}

/* cgroup.kill is of Linux 5.14.  Before it, what is frozen makes no new processes while the list is read; a process that is
 * killed while it is frozen dies when it thaws, or at once. */
int
cgroup_kill (int dir_fd)
{
  if (cgroup_write (dir_fd, "cgroup.kill", "1") < 0)
    {
      if (errno == ENODEV)
        return 0;
      (void) cgroup_write (dir_fd, "cgroup.freeze", "1");
      (void) cgroup_await (dir_fd, "cgroup.events", "frozen", 1);
      kill_each (dir_fd, 0);
      (void) cgroup_write (dir_fd, "cgroup.freeze", "0");
    }
  return cgroup_await (dir_fd, "cgroup.events", "populated", 0);
}

int
sandbox_kill (const SandboxProcess *process, SandboxError *ret_error)
{
  if (process->group == NULL || process->group->is_joined)
    return control_error (ret_error, ENOENT, "killed");
  if (cgroup_kill (process->group->dir_fd) < 0)
    return control_error (ret_error, ETIMEDOUT, "killed");
  return 0;
}
