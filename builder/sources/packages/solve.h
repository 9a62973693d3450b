/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From a short list of names to every package that is needed.
 */
#pragma once

#include "builder/sources/packages/format.h"

/* Resolve the source's packages for the context's architecture with the newest metadata of the mirror, which is verified.
 * Hard dependencies only; nothing is there beforehand.  Packages named by `exclude` count as satisfied, do not appear
 * and pull nothing in.  Returns Package, sorted; the same metadata give the same result.  Caller unrefs. */
GPtrArray *packages_solve (const PackageFormat *format, const ManifestSource *source, const SourceContext *context,
                           GError **error);
