/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `file`: one file, copied under its own name or `dest-filename`.
 */
#include "builder/sources/kinds.h"

#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/sources/content.h"
#include "builder/sources/treewriter.h"

static mode_t
file_source_mode (const ManifestSource *source, int fd)
{
  struct stat st;

  return source->path != NULL && fstat (fd, &st) == 0 && (st.st_mode & 0100) != 0 ? 0755 : 0644;
}

static gboolean
file_digest (const ManifestSource *source, const SourceContext *context, GChecksum *checksum, GError **error)
{
  if (!content_digest (source, context, checksum, error))
    return FALSE;
  if (source->path != NULL)
    {
      autofd fd = content_open_path (source, context, source->path, error);

      if (fd < 0)
        return FALSE;
      checksum_add (checksum, "mode", file_source_mode (source, fd) == 0755 ? "0755" : "0644");
    }
  return TRUE;
}

static gboolean
file_extract (const ManifestSource *source, const SourceContext *context, int tree_fd, GError **error)
{
  g_autofree char *own_name = NULL;
  g_autofree char *name = NULL;
  g_autoptr (TreeWriter) writer = NULL;
  autofd in = content_open (source, context, &own_name, error);
  autofd dest_fd = -1;
  autofd out = -1;

  if (in < 0 || !content_file_name (source, own_name, &name, error))
    return FALSE;
  dest_fd = content_dest (source, tree_fd, error);
  if (dest_fd < 0)
    return FALSE;
  if (lseek (in, 0, SEEK_SET) < 0)
    return error_throw (error, "Cannot read %s from its beginning", own_name);
  writer = tree_writer_new (dest_fd);
  out = tree_writer_file (writer, name, error);
  return out >= 0
         && file_copy_fd (in, out, name, error)
         && tree_writer_file_end (out, name, file_source_mode (source, in), 0, error);
}

const SourceKind source_kind_file = {
  .type = "file",
  .fetch = content_fetch,
  .queue = content_queue,
  .digest = file_digest,
  .extract = file_extract,
  .keep = content_keep,
};
