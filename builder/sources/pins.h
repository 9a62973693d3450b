/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a lock file says about other sources than packages: the commits of repositories of which the manifest names only a branch, a tag
 * or nothing, and the hashes of downloads.
 */
#pragma once

#include "builder/sources/packages/lock.h"
#include "builder/sources/source.h"

/* Ask the servers, and put what they say into the lock instead of all that it has.  *ret_n: how many there are. */
gboolean pins_resolve (const Manifest *manifest, Lock *lock, const SourceContext *context, guint *ret_n, GError **error);

/* Append (char *) what the manifest leaves open and the lock does not have, and the other way round. */
void pins_check (const Manifest *manifest, const Lock *lock, GPtrArray *problems);
