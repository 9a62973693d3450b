/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * appbuild --ccache: compilers are run by the SDK's ccache(1), which keeps what they made in the state directory.  So a module that is
 * built again compiles only what is new.  The results are the same, so no cache key knows of it.
 */
#pragma once

#include "builder/bases.h"
#include "builder/state.h"
#include "sandbox/plan.h"

/* The folder of the state directory, with a link for each compiler that the SDK has; -1 on error.  ERROR_UNAVAILABLE when the SDK has no
 * ccache.  The bases are attached. */
int ccache_open (const BuildState *state, const Bases *bases, GError **error);

/* Show it to a sandbox, in front of `path`, the PATH of its commands. */
gboolean ccache_add (int ccache_fd, const char *path, SandboxPlan *plan, GError **error);

/* Without --ccache: have it run the compilers only.  Build systems (Meson) take a ccache that they find, but the home that it would keep
 * its results in goes with the command.  Not when the manifest sets a variable of ccache: it may have a folder for it. */
void ccache_disable (const BuildModule *module, SandboxPlan *plan);
