/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which records of a plan decide about one path of the sandbox.  Works on the plan's text (sandbox/print.h), which is
 * one record a line, in the order of execution.
 */
#pragma once

#include <glib.h>

/* Sentences, one a line: what is at `path` (absolute) in the sandbox, and the records that make it so.  Links are
 * followed.  Caller frees. */
char *decision_explain (const char *plan_text, const char *path);
