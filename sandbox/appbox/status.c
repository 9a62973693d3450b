/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/appbox/status.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct { const char *file, *name; } kinds[] = {
  { "cgroup", "cgroup-namespace" }, { "ipc", "ipc-namespace" }, { "mnt", "mnt-namespace" }, { "net", "net-namespace" },
  { "pid", "pid-namespace" }, { "uts", "uts-namespace" },
};

/* Those that are not ours are named.  `gap`: how the members are set apart. */
static void
made_write (int fd, pid_t pid, const char *begin, const char *gap, const char *end)
{
  char path[64];

  dprintf (fd, "{%s\"child-pid\": %d", begin, (int) pid);
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    {
      struct stat theirs;
      struct stat ours;

      (void) snprintf (path, sizeof path, "/proc/%d/ns/%s", (int) pid, kinds[i].file);
      if (stat (path, &theirs) < 0)
        continue;
      (void) snprintf (path, sizeof path, "/proc/self/ns/%s", kinds[i].file);
      if (stat (path, &ours) == 0 && ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino)
        continue;
      dprintf (fd, ",%s\"%s\": %llu", gap, kinds[i].name, (unsigned long long) theirs.st_ino);
    }
  dprintf (fd, "%s}\n", end);
}

bool
status_wanted (const Appbox *box)
{
  return box->info_fd >= 0 || box->status_fd >= 0 || box->userns_block_fd >= 0;
}

void
status_made (void *context, pid_t pid)
{
  Appbox *box = context;
  char byte;

  /* Who asked for this may be gone by now; that does not end the sandbox. */
  (void) signal (SIGPIPE, SIG_IGN);
  if (box->info_fd >= 0)
    {
      made_write (box->info_fd, pid, "\n    ", "\n    ", "\n");
      if (box->info_fd > 2)       /* else it is ours too, and the command's */
        (void) close (box->info_fd);
    }
  if (box->status_fd >= 0)
    made_write (box->status_fd, pid, " ", " ", " ");
  box->info_fd = -1;
  if (box->userns_block_fd >= 0)
    while (read (box->userns_block_fd, &byte, 1) < 0 && errno == EINTR)
      ;
}

void
status_ended (const Appbox *box, int status)
{
  if (box->status_fd >= 0)
    dprintf (box->status_fd, "{ \"exit-code\": %d }\n", status);
}
