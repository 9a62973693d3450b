/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Arrays of BuildStep for the kinds that need commands in the sandbox.
 */
#pragma once

#include "builder/plan/plan.h"

GPtrArray *source_steps_new (void);
/* Copies everything; `cwd` NULL: the module's source directory itself. */
void source_steps_add (GPtrArray *steps, const char *title, const char *const *argv, const char *cwd);
