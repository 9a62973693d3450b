/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The state directory of one manifest: what a build keeps for the next one.
 *
 *   STATE/nacelle-build   marks the folder as ours; a folder with other things in it is never touched
 *   STATE/lock            held by the build that uses it; `owner` says which process
 *   STATE/cache/          finished modules (store/treecache.h)
 *   STATE/changes/KEY     paths that a module changed
 *   STATE/parts/ID@NAME   what the key of a module's last result was made of
 *   STATE/images/ID@KEY   the last image of each id
 *   STATE/build/NAME      the folder that a module was built in, when that was asked for
 *   STATE/logs/NAME.log   output of a module's commands
 *   STATE/work/           of the running build; what a killed one left is removed by the next
 */
#pragma once

#include "base/terminal.h"

typedef struct
{
  char *path;      /* absolute */
  int dir_fd;
  int lock_fd;
} BuildState;

/* $XDG_CACHE_HOME/nacelle/build/ID-HASH, where the hash is of the manifest's place and the architecture.  Caller frees. */
char *build_state_default_path (const char *id, const char *manifest_path, const char *arch);

/* Open, create and lock.  While another build holds it, `progress` (may be NULL) says which process, and this waits. */
BuildState *build_state_open (const char *path, Progress *progress, GError **error);
/* The same for one that exists, without waiting: ERROR_UNAVAILABLE while a build uses it.  Doesn't count as a use (build_state_used). */
BuildState *build_state_try (const char *path, GError **error);
/* When a build used it last, seconds since 1970. */
gint64 build_state_used (const BuildState *state);
void build_state_free (BuildState *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BuildState, build_state_free)

/* Is there one at this path?  Makes nothing. */
gboolean build_state_exists (const char *path);

/* A directory below the state (created when missing), -1 on error. */
int build_state_dir (const BuildState *state, const char *name, GError **error);

/* Remove what an earlier build left in work/ and make it anew; -1 on error. */
int build_state_begin_work (const BuildState *state, GError **error);
gboolean build_state_end_work (const BuildState *state, GError **error);
