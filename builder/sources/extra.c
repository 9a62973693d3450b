/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Extra data is nothing to a build: it is named in the metadata, and fetched where the app is installed.
 */
#include "builder/sources/kinds.h"

static gboolean
digest (const ManifestSource *source, const SourceContext *context, GChecksum *checksum, GError **error)
{
  return TRUE;
}

static gboolean
extract (const ManifestSource *source, const SourceContext *context, int tree_fd, GError **error)
{
  return TRUE;
}

const SourceKind source_kind_extra_data = {
  .type = "extra-data",
  .digest = digest,
  .extract = extract,
};
