/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What has to hold between several keys; single values are checked by their row's FieldCheck.
 */
#pragma once

#include "builder/manifest/fields.h"
#include "builder/manifest/node.h"

/* `map` is what the object was read from: a key that is there but wrong was told already and is not missing. */
/* `locked`: a lock file may have what the source lacks.  Also puts a tag that was written as commit where it belongs. */
void check_source (ManifestSource *source, const ManifestNode *map, gboolean locked, GPtrArray *problems);
void check_module (const ManifestModule *module, const ManifestNode *map, GPtrArray *problems);
void check_manifest (const Manifest *manifest, const ManifestNode *map, GPtrArray *problems);
void check_extension (const ManifestExtension *extension, const ManifestNode *map, GPtrArray *problems);
void check_network (const ManifestNetwork *network, GPtrArray *problems);
void check_permission (const ManifestPermission *permission, const ManifestNode *map, GPtrArray *problems);
