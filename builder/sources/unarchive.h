/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Archives of strangers into a directory, by libarchive: tar (every usual compression), zip, 7z, cpio, rpm.
 *
 * Refused: absolute paths and "..", entries below a symbolic link, hard links to anything but a regular file of the
 * tree, devices, fifos, sockets, and what grows beyond the limits.  Set-uid, set-gid and sticky bits, owners, ACLs
 * and extended attributes are dropped.  Symbolic links are kept as they are.
 */
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include "builder/sources/treewriter.h"

typedef struct
{
  /* Where the entry goes, a path from tree_path_clean(); *ret_path NULL leaves it out.  Also asked for the targets of
   * hard links.  NULL: tree_path_clean() with `strip`. */
  gboolean (*map) (const char *name, gpointer user, char **ret_path, GError **error);
  /* Called before an entry that is no directory is written; may consume its data and set *ret_skip.  NULL: never. */
  gboolean (*claim) (struct archive *archive, struct archive_entry *entry, const char *path, gpointer user,
                     gboolean *ret_skip, GError **error);
  gpointer user;
  unsigned strip;
  gboolean not_empty;                /* an archive of which nothing is left (after `strip`) is an error */
  guint64 max_entries, max_bytes;    /* 0: 1,000,000 and 32 GiB */
  guint max_ratio;                   /* of unpacked to packed bytes beyond the first 256 MiB; 0: 1000 */
} UnarchiveRules;

/* A reader with the formats above; the caller opens it and frees it with archive_read_free(). */
struct archive *unarchive_reader_new (void);

/* All entries of an opened reader.  `name` is for messages. */
gboolean unarchive_entries (struct archive *archive, const char *name, TreeWriter *writer, const UnarchiveRules *rules,
                            GError **error);

/* Both of the above for a file, from its beginning, with tree_writer_finish(). */
gboolean unarchive_fd (int fd, const char *name, int tree_fd, const UnarchiveRules *rules, GError **error);
