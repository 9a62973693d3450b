/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A plan as text: one record a line, `KIND ARGUMENTS  # origin`, in order; descriptors are shown by their
 * source name only, so that the text is the same on every run.
 */
#pragma once

#include "sandbox/plan.h"

/* malloc'ed, NUL-terminated; NULL when out of memory. */
char *sandbox_plan_to_text (const SandboxPlan *plan);
/* The same as a JSON document: an array of objects, each with "record" (its kind), what that kind has, and "origin". */
char *sandbox_plan_to_json (const SandboxPlan *plan);
