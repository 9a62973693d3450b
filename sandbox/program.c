/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/program.h"

#include "sandbox/kernel.h"
#include "sandbox/plan-build.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define KEPT_MAX 8

int
program_find (const char *name, char path[PATH_MAX])
{
  const char *rest = getenv ("PATH");

  for (rest = rest != NULL ? rest : "/usr/bin:/bin:/usr/sbin:/sbin"; ; rest++)
    {
      size_t length = strcspn (rest, ":");
      int n = snprintf (path, PATH_MAX, "%.*s/%s", (int) length, rest, name);

      if (length > 0 && rest[0] == '/' && n > 0 && n < PATH_MAX && access (path, X_OK) == 0)
        return 0;
      rest += length;
      if (*rest == '\0')
        return -1;
    }
}

int
program_log_open (void)
{
  return fd_raise (memfd_create ("messages", MFD_CLOEXEC));
}

void
program_log_last (int log_fd, char *text, size_t size)
{
  char all[8192];
  ssize_t n = pread (log_fd, all, sizeof all - 1, 0);
  char *save = NULL;

  text[0] = '\0';
  if (n <= 0)
    return;
  all[n] = '\0';
  /* pasta of Debian 12 tells this about each line where no log daemon runs. */
  for (char *line = strtok_r (all, "\n", &save); line != NULL; line = strtok_r (NULL, "\n", &save))
    if (strncmp (line, "Failed to send ", 15) != 0)
      (void) snprintf (text, size, "%s", line);
}

int
program_keep_only (const int *fds, size_t n)
{
  int high[KEPT_MAX];

  if (n > KEPT_MAX)
    return -1;
  for (size_t i = 0; i < n; i++)
    {
      high[i] = fcntl (fds[i], F_DUPFD_CLOEXEC, 3 + KEPT_MAX);
      if (high[i] < 0)
        return -1;
    }
  for (size_t i = 0; i < n; i++)
    if (dup3 (high[i], 3 + (int) i, O_CLOEXEC) < 0)
      return -1;
  if (kernel_close_range (3 + (unsigned) n, ~0U, 0) < 0)
    for (int fd = 3 + (int) n; fd < (int) sysconf (_SC_OPEN_MAX); fd++)
      (void) close (fd);
  return 0;
}

void
program_become (const char *path, char *const *argv, int input_fd, int output_fd, int log_fd)
{
  int null_fd = fd_raise (open ("/dev/null", O_RDWR | O_CLOEXEC));
  sigset_t none;

  for (int number = 1; number < NSIG; number++)
    (void) signal (number, SIG_DFL);        /* those that have no handler refuse */
  (void) sigemptyset (&none);
  (void) sigprocmask (SIG_SETMASK, &none, NULL);
  if (null_fd < 0 || dup2 (input_fd >= 0 ? input_fd : null_fd, STDIN_FILENO) < 0
      || dup2 (output_fd >= 0 ? output_fd : null_fd, STDOUT_FILENO) < 0
      || dup2 (log_fd, STDERR_FILENO) < 0 || program_keep_only (NULL, 0) < 0)
    _exit (126);
  (void) execv (path, argv);
  dprintf (STDERR_FILENO, "%s: %s\n", path, strerror (errno));
  _exit (127);
}
