/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Trees beside the install tree that a build may write too, and that are no part of the result: a copy of the SDK ("writable-sdk"), and
 * what lies below /var ("var").  What one module writes there the next one sees, so the cache keeps it for each module as it keeps
 * what the module does to the install tree.
 */
#pragma once

#include "builder/build-private.h"

/* Name in the cache of what the module with this key did to one.  Caller frees. */
char *writable_cache_key (const char *key, WritableTree which);

/* Make those that the plan wants, as the first module finds them, and tell the sandboxes of them. */
gboolean writable_begin (Build *build, GError **error);

/* Does the cache have what module `index` did to them? */
gboolean writable_has (const Build *build, guint index);
/* Do it again.  ERROR_NOT_FOUND: it is damaged. */
gboolean writable_restore (Build *build, guint index, GError **error);

/* Before and after a module. */
gboolean writable_list (const Build *build, BuildWork *work, GError **error);
gboolean writable_keep (Build *build, BuildWork *work, GError **error);
