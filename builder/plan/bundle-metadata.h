/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The metadata file of the bundle that a plan makes.
 */
#pragma once

#include "builder/plan/plan.h"
#include "bundle/metadata.h"

/* What only the installed bases of a build tell. */
typedef struct
{
  GKeyFile *inherited;         /* groups [Extension NAME] that the result has from its base or SDK; or NULL */
  const Metadata *extended;    /* of what an extension extends; or NULL */
} MetadataBases;

/* The plan has its refs.  `bases` is NULL as long as nobody has looked for them: then inherited extension points are missing, and what an
 * extension extends is told by its name.  NULL with a problem when a permission cannot be understood.  Caller frees. */
char *bundle_metadata_new (const BuildPlan *plan, const MetadataBases *bases, GPtrArray *problems);

/* The file at `path` that the manifest's `key` names; "metadata" comes instead of all but finish-args and add-extensions.  NULL with a
 * problem when it can't be read, or does not name `id` in its group `group`. */
GKeyFile *bundle_metadata_load_file (const BuildPlan *plan, const char *key, const char *path, const char *group, const char *id,
                                     GPtrArray *problems);

/* Groups of extension points that the manifest adds.  `all`: also those that are only there while building. */
void bundle_metadata_add_extensions (const GPtrArray *extensions, gboolean all, GKeyFile *keyfile);
