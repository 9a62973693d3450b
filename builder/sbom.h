/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a result is made of, as an SPDX 2.3 document (JSON): the modules with the licence files that were found, their sources with
 * checksums and where they come from, the packages of a runtime, the bases.  It is kept in the result as files/sbom.spdx.json.
 */
#pragma once

#include "builder/bases.h"
#include "builder/sources/source.h"

#define SBOM_NAME "sbom.spdx.json"
#define SBOM_MAX (64u << 20)

/* `files_fd`: the finished tree, for its licences and metainfo; it is not trusted.  NULL on error; caller frees. */
char *sbom_new (const BuildPlan *plan, const Bases *bases, const SourceContext *sources, int files_fd, GError **error);
