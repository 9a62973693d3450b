/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of steps, for setup.c and for the sentence about a step that failed.
 */
#pragma once

#include "sandbox/setup.h"

typedef struct
{
  const char *name;     /* completes "cannot ..." */
  int (*run) (Setup *setup);
  enum { STEP_ALWAYS, STEP_MAKING, STEP_ENTERING } when;
} Step;

extern const Step setup_steps[];
extern const int setup_n_steps;
