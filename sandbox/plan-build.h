/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How the add functions of plan.h are made.
 *
 * An add function fills a Record on the stack and checks its arguments; plan_append() then moves it into the
 * array.  Whatever goes wrong on the way ends in plan_fail(), which keeps the first sentence and
 * closes and frees what the record already owns.
 */
#pragma once

#include "sandbox/record.h"

#define RECORD_INIT(k) { .kind = (k), .fd = -1, .upper_fd = -1, .work_fd = -1 }

/* Keep the first failure, release the record that could not be added; returns -1. */
int plan_fail (SandboxPlan *plan, Record *record, const char *format, ...) __attribute__ ((format (printf, 3, 4)));
/* Move the record into the plan. */
int plan_append (SandboxPlan *plan, Record *record, const char *origin);

/* Set the place in the sandbox, in its plain form.  On failure the record has been released. */
int record_place (SandboxPlan *plan, Record *record, const char *dest);
/* The same for a text that is copied as it is. */
int record_text (SandboxPlan *plan, Record *record, char **ret_copy, const char *text);

/* A file with `data`; `number` as record.h has it. */
int plan_add_file (SandboxPlan *plan, int number, const char *dest, const void *data, size_t size, mode_t mode,
                   const char *origin);

/* Descriptors of a plan are never 0, 1 or 2: a caller that was started with those closed would otherwise hand
 * a directory of the host to the app as its standard input.  Takes `fd`, returns the new one. */
int fd_raise (int fd);
