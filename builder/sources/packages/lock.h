/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The lock file: what the `packages` sources of a manifest resolved to, for each architecture.  It names no mirror.
 */
#pragma once

#include "builder/manifest/manifest.h"
#include "builder/sources/packages/package.h"

typedef struct Lock Lock;

Lock *lock_new (void);
void lock_free (Lock *lock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Lock, lock_free)

Lock *lock_parse (const char *text, gsize length, const char *name, GError **error);
/* The same lock gives the same text.  Caller frees. */
char *lock_format (const Lock *lock);

/* A digest of what a source asks for (suite, components, packages, exclude; their order does not matter).  A lock that
 * has other requests than the manifest no longer fits it.  Caller frees. */
char *lock_request (const ManifestSource *source);

/* Package, owned by the lock; NULL when it has none for this request and architecture. */
GPtrArray *lock_find (const Lock *lock, const char *request, const char *arch);
gboolean lock_has_arch (const Lock *lock, const char *arch);
/* Takes a reference. */
void lock_put (Lock *lock, const char *request, const char *suite, const char *arch, GPtrArray *packages);
/* Drop the requests that are not in `requests` (a set of strings). */
void lock_keep_only (Lock *lock, GHashTable *requests);
