/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `inline`: a file whose content stands in the manifest.
 */
#include "builder/sources/kinds.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/sources/content.h"
#include "builder/sources/data.h"

static gboolean
inline_digest (const ManifestSource *source, const SourceContext *context, GChecksum *checksum, GError **error)
{
  checksum_add (checksum, "contents", source->contents);
  checksum_add (checksum, "base64", source->base64 ? "yes" : "no");
  checksum_add (checksum, "dest", source->dest);
  checksum_add (checksum, "dest-filename", source->dest_filename);
  return TRUE;
}

static gboolean
inline_extract (const ManifestSource *source, const SourceContext *context, int tree_fd, GError **error)
{
  const char *text = source->contents != NULL ? source->contents : "";
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *name = NULL;
  autofd dest_fd = -1;

  if (!content_file_name (source, "", &name, error))
    return FALSE;
  bytes = source->base64 ? data_base64_decode (text, error) : g_bytes_new_static (text, strlen (text));
  if (bytes == NULL)
    return error_prefix (error, "The contents of %s", name);
  dest_fd = content_dest (source, tree_fd, error);
  return dest_fd >= 0
         && content_write (dest_fd, name, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), 0644, error);
}

const SourceKind source_kind_inline = {
  .type = "inline",
  .digest = inline_digest,
  .extract = inline_extract,
};
