/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Make room: remove from state directories what no build of today's manifests would take from them.
 */
#pragma once

#include "builder/state.h"

/* Bytes that the directory takes on its file system. */
gboolean collect_size (const BuildState *state, guint64 *ret_size, GError **error);

/* Remove the trees of modules that are not those of the last build, and what a killed build left.  The next build of the same manifest
 * still finds all of its modules. */
gboolean collect_state (const BuildState *state, GError **error);

/* The limit of one state directory, above which a build calls collect_state() at its end: NACELLE_BUILD_CACHE_SIZE, or 10 GB. */
gboolean collect_limit (guint64 *ret_limit, GError **error);

/* "500M", "10G", a number of bytes; units of 1000. */
gboolean collect_parse_size (const char *text, guint64 *ret_size, GError **error);

/* The size that a variable of the environment gives; without one `standard`. */
gboolean collect_environment_size (const char *variable, guint64 standard, guint64 *ret_size, GError **error);
