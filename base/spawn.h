/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Run a host program by argument vector.  There is no shell; descriptors above 2 are closed unless
 * listed.
 */
#pragma once

#include <glib.h>

typedef struct
{
  const char *const *argv;     /* argv[0] is looked up in PATH */
  const char *const *env;      /* NULL: the caller's */
  int cwd_fd;                  /* -1: the caller's */
  int stdin_fd;                /* -1: /dev/null */
  int stdout_fd;               /* -1: captured, see spawn_run() */
  int stderr_fd;               /* -1: captured */
  const int *keep_fds;         /* descriptors that stay open under the same number */
  gsize n_keep_fds;
  unsigned time_limit;         /* seconds, after which it is killed and that is the error; 0: none */
  gboolean dies_with_us;       /* SIGTERM when the thread that waits for it ends early */
} SpawnRequest;

#define SPAWN_REQUEST_INIT { NULL, NULL, -1, -1, -1, -1, NULL, 0, 0, FALSE }

/* Run to the end.  *ret_status is the exit status (128+n for a signal).  *ret_output, *ret_errors
 * may be NULL; else the captured text (at most 1 MiB each is kept), caller frees.
 * FALSE only if the program could not be started or waited for; a missing program is ERROR_NOT_FOUND. */
gboolean spawn_run (const SpawnRequest *request, int *ret_status, char **ret_output, char **ret_errors,
                    GError **error);

/* As spawn_run(), but a status other than 0 is an error that quotes the last lines of stderr. */
gboolean spawn_check (const SpawnRequest *request, char **ret_output, GError **error);

/* Replace this process by a program of ours in libexecdir (the variable NACELLE_LIBEXECDIR names
 * another folder, for runs from the build tree).  Returns only on failure, with *error set. */
gboolean spawn_exec_helper (const char *name, char *const *argv, GError **error);

/* Full path of such a program, caller frees. */
char *spawn_helper_path (const char *name);
/* The same of one that users start too: beside the running one, unless the variable's folder has it. */
char *spawn_program_path (const char *name);
