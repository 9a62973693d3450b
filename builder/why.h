/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Why a module would be built again.
 */
#pragma once

#include "builder/plan/plan.h"
#include "builder/sources/source.h"

typedef enum
{
  WHY_UNCHANGED,       /* taken from the cache */
  WHY_NEVER_BUILT,
  WHY_CHANGED,
  WHY_LOST,            /* nothing changed, but its result is no longer in the cache */
} WhyState;

/* One thing that is different from the last build. */
typedef struct
{
  char *what;          /* "source 1", "environment variable CFLAGS", "the SDK", "step build-commands[2]" */
  char *how;           /* "is new", "is gone", "has other content": for what has no two values that could be shown; or NULL */
  char *from, *to;     /* or NULL */
} WhyChange;

typedef struct
{
  const char *name;    /* of the plan */
  WhyState state;
  GPtrArray *changes;  /* WhyChange */
} WhyModule;

const char *why_state_name (WhyState state);

/* What is different from the last build in the state directory (WhyModule); fetches nothing, changes nothing.  `only`: name of the
 * module asked for, NULL: all.  Caller unrefs; NULL on error. */
GPtrArray *why_explain (const BuildPlan *plan, const SourceContext *sources, const char *state_path, const char *only, GError **error);

/* Adds a change to `changes`; texts are copied, each may be NULL but `what`. */
void why_add (GPtrArray *changes, const char *what, const char *how, const char *from, const char *to);

/* Add the difference of two texts of a module, as its records have them (record.h). */
void why_compare_texts (const char *old, const char *new, GPtrArray *changes);
