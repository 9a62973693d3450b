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
/* Of a file; NULL without error: there is none. */
Lock *lock_read (int dir_fd, const char *path, GError **error);
/* The same lock gives the same text.  Caller frees. */
char *lock_format (const Lock *lock);

/* A digest of what a source asks for (suite, components, packages, exclude; their order does not matter).  A lock that
 * has other requests than the manifest no longer fits it.  Caller frees. */
char *lock_request (const ManifestSource *source);

/* Package, owned by the lock; NULL when it has none for this request and architecture. */
GPtrArray *lock_find (const Lock *lock, const char *request, const char *arch);
gboolean lock_has_arch (const Lock *lock, const char *arch);
/* What another source resolved to: the commit of a branch, tag or head of a repository (`ref`; "" for the head), or the SHA-256 of a
 * download (`ref` NULL). */
typedef struct
{
  char *url, *ref, *value;
} LockPin;

GPtrArray *lock_pins (const Lock *lock);   /* LockPin; the lock's own */
/* The value; NULL when the lock has none. */
const char *lock_pin (const Lock *lock, const char *url, const char *ref);
gboolean lock_has_pins (const Lock *lock);
/* ERROR when it cannot be written down. */
gboolean lock_put_pin (Lock *lock, const char *url, const char *ref, const char *value, GError **error);
void lock_drop_pins (Lock *lock);
/* For sets and messages.  Caller frees. */
char *lock_pin_name (const char *url, const char *ref);

/* The suites (char *) of requests that are not in `requests` (a set of strings).  Caller unrefs. */
GPtrArray *lock_leftovers (const Lock *lock, GHashTable *requests);

/* Takes a reference. */
void lock_put (Lock *lock, const char *request, const char *suite, const char *arch, GPtrArray *packages);
/* Drop the requests that are not in `requests` (a set of strings). */
void lock_keep_only (Lock *lock, GHashTable *requests);
