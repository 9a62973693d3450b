/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A bundle as one file: squashfs at offset 0, a dm-verity hash tree, a footer block with sizes, root hash
 * and an optional signature.
 */
#pragma once

#include <glib.h>

/* Reads nothing but the superblock, the footer and the sizes. */
typedef struct
{
  gboolean sealed;           /* has hash tree and footer */
  guint64 squashfs_size;     /* bytes of squashfs, padded to 4096 */
  char root_hash[65];        /* hex, "" when not sealed */
  guint64 file_size;
} ImageInfo;

/* Whether `fd` begins as an image does, however damaged the rest may be. */
gboolean image_begins (int fd);

/* ERROR_REFUSED when `fd` is not a squashfs that we read (magic, version 4.0, block size, tables
 * within the file) or its footer contradicts the file.  `name` is for messages. */
gboolean image_inspect (int fd, const char *name, ImageInfo *ret_info, GError **error);

/* Full check of all blocks against the hash tree. */
gboolean image_verify (int fd, const char *name, GError **error);

/* Full check of the structure: every inode, directory entry and fragment that a reader can meet lies within its
 * table, names are proper and sorted, the directories are a tree, and all of it is bounded.  For every image
 * from elsewhere, before it is installed; sealed or not.  ERROR_REFUSED with what is wrong. */
gboolean image_check (int fd, const char *name, GError **error);

/* The content digest that names an image in the store: SHA-256 of footer's root hash and sizes for a sealed
 * image (so it costs no read of the data), of the whole file otherwise.  Caller frees. */
char *image_digest (int fd, const char *name, GError **error);

typedef struct
{
  int compression_level;     /* zstd; 0: fast level for local builds, publishing uses 15 */
  unsigned n_threads;        /* 0: number of processors */
  gint64 mtime;              /* for every inode and the superblock */
  /* Told of the bytes of files that were read; NULL: nobody is. */
  void (*progress) (guint64 done, guint64 total, gpointer data);
  gpointer progress_data;
} ImageWriteOptions;

/* Write the tree below `tree_fd` to `out_fd` and seal it.  Same tree, same bytes: entries sorted, owner 0,
 * times fixed, all xattrs dropped, hard links kept as one inode, no special files (they are an error that
 * names the path).  Of the permissions only "executable" is kept: directories are 0755, files 0755 or 0644, so
 * that neither setuid, setgid, sticky and world-writable bits nor the umask of the build get in.
 * `out_fd` is a regular file open for reading and writing; it is emptied first.  `tree_fd` may be O_PATH. */
gboolean image_write (int tree_fd, int out_fd, const ImageWriteOptions *options, GError **error);

/* Unpack below `dest_fd` with our own ids; links never followed; refuses names with '/' or NUL, "." and "..". */
gboolean image_unpack (int image_fd, const char *name, int dest_fd, GError **error);

/* One file of the image, for `metadata` of an image that is not mounted.  Caller frees. */
char *image_read_file (int image_fd, const char *name, const char *path, gsize max, gsize *ret_length, GError **error);
