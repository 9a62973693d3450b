/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The last steps: the filter, and the program of pid 1.
 *
 * Init is a program of its own (init/init.c), some kilobytes without any library.  It is not the caller's
 * program because an app can reach the program that starts it: a script that begins with "#!/proc/self/exe"
 * executes it, and then /proc/self/exe opens the file for writing (CVE-2019-5736), which here the user
 * often owns.  What the app finds there is a file that nobody else has.
 */
#include "sandbox/filters/filters.h"
#include "sandbox/init/program.h"
#include "sandbox/kernel.h"
#include "sandbox/place.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

int
init_write (Setup *setup)
{
  int fd = place_stage_file (setup, init_program, init_program_size, 0500);

  if (fd < 0)
    return -1;
  (void) close (fd);        /* what is open for writing cannot be executed */
  setup->init_fd = openat (setup->stage_fd, "0", O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (setup->init_fd < 0)
    return fault_set (setup, FAULT_PLAIN, "open", "stage/0");
  /* It keeps no name: only what is executed from the descriptor remains. */
  if (unlinkat (setup->stage_fd, "0", 0) < 0)
    return fault_set (setup, FAULT_PLAIN, "unlink", "stage/0");
  return 0;
}

/* A terminal of the app's own is led by init, and 0, 1 and 2 are that terminal. */
int
terminal_take (Setup *setup)
{
  int fd = setup->launch->terminal_fd;

  if (fd < 0)
    return 0;
  if (setsid () < 0)
    return fault_set (setup, FAULT_PLAIN, "setsid", NULL);
  if (ioctl (fd, TIOCSCTTY, 0) < 0)
    return fault_set (setup, FAULT_PLAIN, "ioctl", "terminal");
  for (int i = 0; i <= 2; i++)
    if (dup2 (fd, i) < 0)
      return fault_set (setup, FAULT_PLAIN, "dup2", NULL);
  return 0;
}

/* Before init, which becomes the leader: a session that its app led could take a terminal. */
int
session_make (Setup *setup)
{
  bool is_wanted = setup->has_own_session || (setup->launch->start & SANDBOX_START_NEW_SESSION) != 0;

  if (is_wanted && setup->launch->terminal_fd < 0 && setsid () < 0)
    return fault_set (setup, FAULT_PLAIN, "setsid", NULL);
  return 0;
}

int
filter_load (Setup *setup)
{
  const FilterProgram *program;

  if (setup->launch->filter == SANDBOX_FILTER_NONE)
    return 0;
  program = &filter_programs[setup->launch->filter];
  if (kernel_seccomp_load (program->instructions, program->length) < 0)
    return fault_set (setup, FAULT_PLAIN, "prctl", "seccomp");
  return 0;
}

int
init_become (Setup *setup)
{
  (void) kernel_execveat (setup->init_fd, "", setup->launch->init_argv, setup->launch->env, AT_EMPTY_PATH);
  return fault_set (setup, FAULT_PLAIN, "execveat", NULL);
}
