/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host's git(1), on repositories of strangers.
 *
 * Nothing of the user's or the host's configuration is read, no hook, filter, pager, editor, credential helper or
 * submodule command runs, nothing is asked, and only the protocols named by the call are spoken.
 */
#pragma once

#include <glib.h>

typedef enum
{
  GIT_NO_TRANSPORT,
  GIT_HTTP,              /* http and https */
  GIT_LOCAL,             /* file:// */
} GitTransport;

typedef struct
{
  int cwd_fd;
  const char *git_dir;               /* relative to cwd_fd */
  GitTransport transport;
  const char *const *config;         /* more "-c" settings, "name=value"; may be NULL */
} GitPlace;

/* Run `git ARGS`; args NULL-ended, without "git".  A status other than 0 is an error with the end of what git said.
 * *ret_output (may be NULL; caller frees) is at most 1 MiB. */
gboolean git_run (const GitPlace *place, const char *const *args, char **ret_output, GError **error);

/* The same, but the status is for the caller; *ret_errors is what git said. */
gboolean git_try (const GitPlace *place, const char *const *args, int *ret_status, char **ret_output, char **ret_errors,
                  GError **error);

/* Hand what git writes to `reader` while it runs.  git is ended when the reader returns early. */
gboolean git_stream (const GitPlace *place, const char *const *args,
                     gboolean (*reader) (int fd, gpointer user, GError **error), gpointer user, GError **error);
