/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The command line of `apprun run` and `apprun explain`.
 */
#pragma once

#include "base/verb.h"
#include "bundle/permissions.h"
#include "runner/resolve.h"

typedef struct
{
  Permissions *permissions;  /* the layer of the command line */
  char *command;
  char *cwd;
  char *arch;
  char *branch;
  gboolean unpacked;
  gboolean allow_unsealed;
  gboolean file_forwarding;
  gboolean verbose;
  gboolean timing;
  gboolean json;             /* of explain alone */
  const char *target;        /* id or file */
  char **arguments;          /* everything behind it, for the app; ended by NULL */
  char **forwarded;          /* where `arguments` are not the caller's own; NULL otherwise */
} RunOptions;

#define RUN_OPTIONS_INIT { NULL }

void run_options_clear (RunOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (RunOptions, run_options_clear)

/* Everything before the id is ours, everything behind it is the app's; of explain, which runs nothing, all options are ours.
 * *ret_done: help was printed. */
gboolean run_options_parse (const Verb *verb, int argc, char **argv, RunOptions *ret_options, gboolean *ret_done,
                            GError **error);

ResolveOptions run_options_resolve (const RunOptions *options);
