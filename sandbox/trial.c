/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/trial.h"

#include "sandbox/decimal.h"
#include "sandbox/userns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct
{
  int error;
  int place;
} TrialResult;

int
trial_run (TrialFunction function, int *ret_place)
{
  TrialResult result = { EIO, 0 };
  int ends[2];
  pid_t pid;
  ssize_t n;

  if (pipe2 (ends, O_CLOEXEC) < 0)
    return errno;
  pid = fork ();
  if (pid == 0)
    {
      (void) prctl (PR_SET_PDEATHSIG, SIGKILL);
      result.error = function (&result.place);
      n = write (ends[1], &result, sizeof result);
      _exit (n == (ssize_t) sizeof result ? 0 : 1);
    }
  if (pid < 0)
    result.error = errno;
  (void) close (ends[1]);
  if (pid > 0)
    {
      do
        n = read (ends[0], &result, sizeof result);
      while (n < 0 && errno == EINTR);
      while (waitpid (pid, NULL, 0) < 0 && errno == EINTR)
        ;
    }
  (void) close (ends[0]);
  if (ret_place != NULL)
    *ret_place = result.place;
  return result.error;
}

static int
text_write (const char *path, const char *text)
{
  int fd = open (path, O_WRONLY | O_CLOEXEC);
  int error = 0;

  if (fd < 0)
    return errno;
  if (write (fd, text, strlen (text)) < 0)
    error = errno;
  (void) close (fd);
  return error;
}

static int
map_write (const char *path, unsigned id)
{
  char map[64];

  (void) text_append (decimal_append (text_append (decimal_append (map, id), " "), id), " 1\n");
  return text_write (path, map);
}

int
trial_enter_userns (int *ret_place)
{
  unsigned uid = geteuid ();
  unsigned gid = getegid ();
  int error;

  (void) prctl (PR_SET_DUMPABLE, 1);
  *ret_place = USERNS_CREATE;
  if (unshare (CLONE_NEWUSER) < 0)
    return errno;
  *ret_place = USERNS_MAP;
  error = text_write ("/proc/self/setgroups", "deny");
  if (error == 0)
    error = map_write ("/proc/self/gid_map", gid);
  if (error == 0)
    error = map_write ("/proc/self/uid_map", uid);
  if (error != 0)
    return error;
  *ret_place = USERNS_MOUNT;
  if (unshare (CLONE_NEWNS) < 0 || mount ("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0
      || mount ("tmpfs", "/proc", "tmpfs", 0, NULL) < 0 || umount2 ("/proc", MNT_DETACH) < 0)
    return errno;
  return 0;
}
