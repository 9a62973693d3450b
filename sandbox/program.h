/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Programs of the host that a launch needs beside itself, on the parent's side.
 */
#pragma once

#include <limits.h>
#include <stddef.h>
#include <sys/types.h>

/* Where `name` is in the caller's PATH; 0, or -1 when it is nowhere. */
int program_find (const char *name, char path[PATH_MAX]);

/* A file without a name that a program may write its messages to; -1 with errno. */
int program_log_open (void);
/* The last line there, without its newline; "" when there is none. */
void program_log_last (int log_fd, char *text, size_t size);

/* In a new process: become the program with `input_fd` and `output_fd` (-1: /dev/null) as input and output and `log_fd` as error
 * output, no other descriptor and no signal blocked or ignored.  Does not return. */
void program_become (const char *path, char *const *argv, int input_fd, int output_fd, int log_fd) __attribute__ ((noreturn));

/* In a new process: keep only these descriptors above 2, as 3, 4, ...; at most 8. */
int program_keep_only (const int *fds, size_t n);
