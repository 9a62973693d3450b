/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What each module starts from.
 *
 * Without the key `depends` that is the result of all modules before it, as with flatpak-builder.  With it, that of the named ones, of
 * the ones that are nested in it, and of all that these start from; so modules that have nothing to do with each other may be
 * built at the same time, and a change of one leaves the other's result in the cache.
 */
#pragma once

#include "builder/plan/plan.h"

/* Does any module have the key?  FALSE with "writable-sdk" and "var": modules that share a tree that each may write cannot be built beside
 * each other, and start from all before them, which is at least what they name. */
gboolean depends_any (const BuildPlan *plan);

/* An element for each module: does module `index` start from it?  `index` may be the number of modules: the result, which has all.
 * Caller frees. */
gboolean *depends_closure (const BuildPlan *plan, guint index);

/* The key of what module `index` (or the result, as above) starts from.  `keys`: of the base, then of the modules in order, as far as
 * `index` needs them.  Caller frees. */
char *depends_key (const BuildPlan *plan, const GPtrArray *keys, guint index);
