/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/appbox/status.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct { const char *file, *name; unsigned bit; } kinds[] = {
  { "cgroup", "cgroup-namespace", APPBOX_NEW_CGROUP }, { "ipc", "ipc-namespace", APPBOX_NEW_IPC },
  { "mnt", "mnt-namespace", 0 }, { "net", "net-namespace", APPBOX_NEW_NET },
  { "pid", "pid-namespace", APPBOX_NEW_PID }, { "uts", "uts-namespace", APPBOX_NEW_UTS },
};

/* Mount is always new; of the others only those that are new are named.  `gap`: how the members are set apart. */
static void
made_write (int fd, const Appbox *box, pid_t pid, const char *begin, const char *gap, const char *end)
{
  struct stat st;
  char path[64];

  dprintf (fd, "{%s\"child-pid\": %d", begin, (int) pid);
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    {
      if (kinds[i].bit != 0 && (box->namespaces & kinds[i].bit) == 0)
        continue;
      (void) snprintf (path, sizeof path, "/proc/%d/ns/%s", (int) pid, kinds[i].file);
      if (stat (path, &st) == 0)
        dprintf (fd, ",%s\"%s\": %llu", gap, kinds[i].name, (unsigned long long) st.st_ino);
    }
  dprintf (fd, "%s}\n", end);
}

void
status_made (void *context, pid_t pid)
{
  Appbox *box = context;

  /* Who asked for this may be gone by now; that does not end the sandbox. */
  (void) signal (SIGPIPE, SIG_IGN);
  if (box->info_fd >= 0)
    {
      made_write (box->info_fd, box, pid, "\n    ", "\n    ", "\n");
      (void) close (box->info_fd);
    }
  if (box->status_fd >= 0)
    made_write (box->status_fd, box, pid, " ", " ", " ");
  box->info_fd = -1;
}

void
status_ended (const Appbox *box, int status)
{
  if (box->status_fd >= 0)
    dprintf (box->status_fd, "{ \"exit-code\": %d }\n", status);
}
