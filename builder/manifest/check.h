/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What has to hold between several keys; single values are checked by their row's FieldCheck.
 */
#pragma once

#include "builder/manifest/fields.h"

void check_source (const ManifestSource *source, GPtrArray *problems);
void check_module (const ManifestModule *module, GPtrArray *problems);
void check_manifest (const Manifest *manifest, GPtrArray *problems);
