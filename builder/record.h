/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the key of a module's last result was made of, kept as STATE/parts/ID@NAME so that `appbuild why` can say what is
 * different now.
 */
#pragma once

#include "builder/key.h"
#include "builder/state.h"

typedef struct
{
  char *key;
  GPtrArray *parts;      /* KeyPart: of the base, then of the module */
  char *text;            /* the module as `appbuild plan` shows it, then "before NAME" for what it stands on, and "key NAME VALUE" for all
                          * keys of module and sources */
} ModuleRecord;

/* Of module `index` as it is now.  `previous`: key of what it starts from; `bases`: see bases_key_parts().  NULL on error. */
ModuleRecord *record_new (const BuildPlan *plan, guint index, const char *previous, const GPtrArray *bases,
                          const SourceContext *sources, GError **error);
void record_free (ModuleRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ModuleRecord, record_free)

/* The one that the last build kept; NULL when there is none that can be read. */
ModuleRecord *record_read (const BuildState *state, const BuildPlan *plan, guint index);
gboolean record_write (const BuildState *state, const BuildPlan *plan, guint index, const ModuleRecord *record, GError **error);

/* Forget the modules that the manifest no longer has. */
gboolean record_remove_others (const BuildState *state, const BuildPlan *plan, GError **error);

/* Only the key, of the record file `name`; NULL when it can't be read.  Caller frees. */
char *record_read_key (int parts_fd, const char *name);

/* The name of the module's tree in the cache.  Caller frees. */
char *record_cache_key (const char *key);
