/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Output of a module's commands: always kept in a file, shown while it comes when the user asked for it, and its end is
 * remembered for the message of a failure.
 */
#pragma once

#include <glib.h>

typedef struct BuildLog BuildLog;

/* STATE/logs/NAME.log, begun anew.  `logs_path` is for messages; `echo_fd` -1: do not show. */
BuildLog *build_log_open (int logs_fd, const char *logs_path, const char *name, int echo_fd, GError **error);
void build_log_free (BuildLog *log);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BuildLog, build_log_free)

const char *build_log_path (const BuildLog *log);
/* Bytes of a command's output. */
void build_log_add (BuildLog *log, const char *data, gsize length);
/* A line of our own: which command runs. */
void build_log_note (BuildLog *log, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* The last `n` lines, indented.  Caller frees. */
char *build_log_tail (const BuildLog *log, unsigned n);
