/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Order of an image, as mksquashfs has it: superblock, compressor options, data blocks and blocks of tails
 * (fragments), inodes, directories, fragment table, owner table.
 *
 * Two walks over one sorted tree.  The first feeds file content to the block processor of libsquashfs, which
 * compresses in threads, writes in the order of submission (so the number of threads cannot show), joins
 * equal blocks and fills an inode a file.  The second numbers and writes inodes, children before their directory,
 * because a directory's entries name the places of the inodes.
 */
#include "image/image.h"

#include <errno.h>
#include <fcntl.h>
#include <sqfs/block_processor.h>
#include <sqfs/block_writer.h>
#include <sqfs/dir_writer.h>
#include <sqfs/error.h>
#include <sqfs/frag_table.h>
#include <sqfs/id_table.h>
#include <sqfs/inode.h>
#include <sqfs/meta_writer.h>
#include <sqfs/super.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "image/scan.h"
#include "image/seal.h"
#include "image/sqfile.h"

#define WRITE_BLOCK_SIZE (128u * 1024)
#define WRITE_FAST_LEVEL 3
#define WRITE_MAX_LEVEL 22
#define WRITE_MAX_THREADS 64
#define WRITE_BACKLOG_PER_THREAD 5 /* blocks in flight: enough to keep threads busy, and memory at about 20 MB */
#define WRITE_NO_XATTR 0xffffffffu

SQFS_DEFINE_AUTO (block_processor)
SQFS_DEFINE_AUTO (block_writer)
SQFS_DEFINE_AUTO (dir_writer)
SQFS_DEFINE_AUTO (frag_table)
SQFS_DEFINE_AUTO (id_table)
SQFS_DEFINE_AUTO (meta_writer)

typedef struct
{
  sqfs_file_t *file;
  sqfs_block_processor_t *processor;
  sqfs_meta_writer_t *inodes;
  sqfs_meta_writer_t *entries;
  sqfs_dir_writer_t *directories;
  guint8 *buffer;               /* one block */
  guint32 mtime;
  guint32 n_inodes;
  const ImageWriteOptions *options;
  guint64 done, total;          /* bytes of files */
} Writer;

static gboolean
writer_throw (const Writer *writer, int code, const char *what, GError **error)
{
  int saved = sqfile_get_errno (writer->file);

  if (code == SQFS_ERROR_IO && saved != 0)
    return error_throw_errno (error, saved, "Cannot write the image (%s)", what);
  return error_throw (error, "Cannot write the image (%s): %s", what, sqfile_error_text (code));
}

/* Content. */

static gboolean
writer_add_content (Writer *writer, ScanNode *node, int dir_fd, GError **error)
{
  g_autofree char *path = scan_node_path (node);
  autofd fd = openat (dir_fd, node->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  struct stat st;
  int r;

  if (fd < 0 || fstat (fd, &st) < 0)
    return error_throw_errno (error, errno, "Cannot read %s", path);
  if (!S_ISREG (st.st_mode) || st.st_ino != node->ino || st.st_dev != node->dev)
    return error_throw (error, "%s was replaced while the image was being made", path);
  r = sqfs_block_processor_begin_file (writer->processor, (sqfs_inode_generic_t **) &node->inode, NULL, 0);
  if (r != 0)
    return writer_throw (writer, r, path, error);
  for (;;)
    {
      ssize_t n = read (fd, writer->buffer, WRITE_BLOCK_SIZE);
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return error_throw_errno (error, errno, "Cannot read %s", path);
      if (n == 0)
        break;
      if ((r = sqfs_block_processor_append (writer->processor, writer->buffer, n)) != 0)
        return writer_throw (writer, r, path, error);
      writer->done += (guint64) n;
      if (writer->options->progress != NULL)
        writer->options->progress (MIN (writer->done, writer->total), writer->total, writer->options->progress_data);
    }
  if ((r = sqfs_block_processor_end_file (writer->processor)) != 0)
    return writer_throw (writer, r, path, error);
  return TRUE;
}

static gboolean
writer_add_directory (Writer *writer, ScanNode *directory, int fd, GError **error)
{
  for (guint i = 0; i < directory->children->len; i++)
    {
      ScanNode *node = directory->children->pdata[i];

      if (S_ISREG (node->mode) && node->first == node)
        {
          if (!writer_add_content (writer, node, fd, error))
            return FALSE;
        }
      else if (S_ISDIR (node->mode))
        {
          autofd sub = openat (fd, node->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
          if (sub < 0)
            {
              int saved = errno;
              g_autofree char *path = scan_node_path (node);
              return error_throw_errno (error, saved, "Cannot open the directory %s", path);
            }
          if (!writer_add_directory (writer, node, sub, error))
            return FALSE;
        }
    }
  return TRUE;
}

static void
count_bytes (Writer *writer, const ScanNode *directory)
{
  for (guint i = 0; i < directory->children->len; i++)
    {
      const ScanNode *node = directory->children->pdata[i];

      if (S_ISDIR (node->mode))
        count_bytes (writer, node);
      else if (S_ISREG (node->mode) && node->first == node)
        writer->total += node->size;
    }
}

/* Inodes. */

/* Subdirectories first, then all names here: the inodes of one directory get neighbouring numbers, which is what the
 * difference coding of directory entries wants. */
static void
writer_number (Writer *writer, ScanNode *directory)
{
  for (guint i = 0; i < directory->children->len; i++)
    {
      ScanNode *node = directory->children->pdata[i];
      if (S_ISDIR (node->mode))
        writer_number (writer, node);
    }
  for (guint i = 0; i < directory->children->len; i++)
    {
      ScanNode *node = ((ScanNode *) directory->children->pdata[i])->first;
      if (node->number == 0)
        node->number = ++writer->n_inodes;
    }
}

static sqfs_inode_generic_t *
inode_make_link (const ScanNode *node)
{
  gsize length = strlen (node->target);
  sqfs_inode_generic_t *inode = calloc (1, sizeof *inode + length + 1);

  if (inode == NULL)
    return NULL;
  inode->base.type = SQFS_INODE_SLINK;
  inode->data.slink.nlink = node->n_links;
  inode->data.slink.target_size = length;
  inode->payload_bytes_available = length;
  inode->payload_bytes_used = length;
  memcpy (inode->extra, node->target, length);
  return inode;
}

static gboolean
writer_make_directory (Writer *writer, ScanNode *node, sqfs_inode_generic_t **ret_inode, GError **error)
{
  guint32 parent = node->parent != NULL ? node->parent->number : writer->n_inodes + 1;
  guint links = 2;
  int r = sqfs_dir_writer_begin (writer->directories, 0);

  for (guint i = 0; r == 0 && i < node->children->len; i++)
    {
      ScanNode *child = node->children->pdata[i];
      r = sqfs_dir_writer_add_entry (writer->directories, child->name, child->first->number, child->first->reference,
                                     child->mode);
      links += S_ISDIR (child->mode);
    }
  if (r == 0)
    r = sqfs_dir_writer_end (writer->directories);
  if (r != 0)
    {
      g_autofree char *path = scan_node_path (node);
      return writer_throw (writer, r, path, error);
    }
  *ret_inode = sqfs_dir_writer_create_inode (writer->directories, links, WRITE_NO_XATTR, parent);
  return TRUE;
}

static gboolean
writer_put_inode (Writer *writer, ScanNode *node, GError **error)
{
  g_autofree char *path = scan_node_path (node);
  sqfs_inode_generic_t *inode = NULL;
  sqfs_u64 block;
  sqfs_u32 offset;
  int r;

  if (S_ISDIR (node->mode))
    {
      if (!writer_make_directory (writer, node, &inode, error))
        return FALSE;
    }
  else if (S_ISLNK (node->mode))
    inode = inode_make_link (node);
  else
    {
      inode = g_steal_pointer (&node->inode);
      if (inode != NULL && node->n_links > 1 && sqfs_inode_make_extended (inode) == 0)
        inode->data.file_ext.nlink = node->n_links;
    }
  if (inode == NULL)
    return writer_throw (writer, SQFS_ERROR_ALLOC, path, error);
  inode->base.mode = node->mode;
  inode->base.uid_idx = 0;
  inode->base.gid_idx = 0;
  inode->base.mod_time = writer->mtime;
  inode->base.inode_number = node->number;
  sqfs_meta_writer_get_position (writer->inodes, &block, &offset);
  node->reference = (block << 16) | offset;
  r = sqfs_meta_writer_write_inode (writer->inodes, inode);
  sqfs_free (inode);
  return r == 0 || writer_throw (writer, r, path, error);
}

/* In the order of the numbers, see writer_number(). */
static gboolean
writer_put_inodes (Writer *writer, ScanNode *directory, GError **error)
{
  for (guint i = 0; i < directory->children->len; i++)
    {
      ScanNode *node = directory->children->pdata[i];
      if (S_ISDIR (node->mode) && !writer_put_inodes (writer, node, error))
        return FALSE;
    }
  for (guint i = 0; i < directory->children->len; i++)
    {
      ScanNode *node = directory->children->pdata[i];
      /* A further hard link, written already or later; its first stands earlier in the numbering. */
      if (node->first->reference != G_MAXUINT64)
        continue;
      if (!writer_put_inode (writer, node->first, error))
        return FALSE;
    }
  return TRUE;
}

static void
references_clear (ScanNode *node)
{
  node->reference = G_MAXUINT64;
  for (guint i = 0; node->children != NULL && i < node->children->len; i++)
    references_clear (node->children->pdata[i]);
}

static gboolean
writer_put_tables (Writer *writer, ScanNode *root, sqfs_super_t *super, GError **error)
{
  int r;

  writer_number (writer, root);
  root->number = ++writer->n_inodes;
  references_clear (root);
  super->inode_table_start = writer->file->get_size (writer->file);
  if (!writer_put_inodes (writer, root, error) || !writer_put_inode (writer, root, error))
    return FALSE;
  if ((r = sqfs_meta_writer_flush (writer->inodes)) != 0 || (r = sqfs_meta_writer_flush (writer->entries)) != 0)
    return writer_throw (writer, r, "inodes", error);
  super->root_inode_ref = root->reference;
  super->inode_count = writer->n_inodes;
  super->directory_table_start = writer->file->get_size (writer->file);
  r = sqfs_meta_write_write_to_file (writer->entries);
  return r == 0 || writer_throw (writer, r, "directories", error);
}

/* The whole. */

static gboolean
compressor_new (int level, sqfs_u16 flags, sqfs_compressor_t **ret_compressor, GError **error)
{
  sqfs_compressor_config_t config;
  int r = sqfs_compressor_config_init (&config, SQFS_COMP_ZSTD, WRITE_BLOCK_SIZE, flags);

  if (r == 0 && flags == 0)
    config.level = level;
  if (r == 0)
    r = sqfs_compressor_create (&config, ret_compressor);
  return r == 0 || error_throw (error, "Cannot use zstd for the image: %s", sqfile_error_text (r));
}

static gboolean
options_check (int out_fd, const ImageWriteOptions *options, GError **error)
{
  struct stat st;

  if (options->compression_level < 0 || options->compression_level > WRITE_MAX_LEVEL)
    return error_throw_code (error, ERROR_USAGE, "The compression level %d is not in 0..%d", options->compression_level,
                             WRITE_MAX_LEVEL);
  if (options->mtime < 0 || options->mtime > G_MAXUINT32)
    return error_throw_code (error, ERROR_USAGE, "The time %" G_GINT64_FORMAT " does not fit into an image, which "
                             "counts seconds from 1970 to 2106", options->mtime);
  if (fstat (out_fd, &st) < 0)
    return error_throw_errno (error, errno, "Cannot examine the image file to be written");
  if (!S_ISREG (st.st_mode) || (fcntl (out_fd, F_GETFL) & O_ACCMODE) != O_RDWR)
    return error_throw (error, "An image can be written only to a regular file that is open for reading and writing");
  if (ftruncate (out_fd, 0) < 0)
    return error_throw_errno (error, errno, "Cannot empty the image file to be written");
  return TRUE;
}

/* From an open file and a scanned tree to a complete squashfs; *ret_size is its size without padding. */
static gboolean
squashfs_write (Writer *writer, ScanNode *root, int tree_fd, sqfs_compressor_t *pack, sqfs_compressor_t *unpack,
                unsigned n_threads, guint64 *ret_size, GError **error)
{
  SQFS_AUTO (frag_table) fragments = sqfs_frag_table_create (0);
  SQFS_AUTO (id_table) ids = sqfs_id_table_create (0);
  SQFS_AUTO (block_writer) blocks = sqfs_block_writer_create (writer->file, SQFS_DEVBLK_SIZE, 0);
  SQFS_AUTO (block_processor) processor = NULL;
  SQFS_AUTO (meta_writer) inodes = sqfs_meta_writer_create (writer->file, pack, 0);
  SQFS_AUTO (meta_writer) entries = sqfs_meta_writer_create (writer->file, pack, SQFS_META_WRITER_KEEP_IN_MEMORY);
  SQFS_AUTO (dir_writer) directories = entries ? sqfs_dir_writer_create (entries, 0) : NULL;
  autofd fd = openat (tree_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  sqfs_block_processor_desc_t desc = { .size = sizeof desc, .max_block_size = WRITE_BLOCK_SIZE, .num_workers = n_threads,
                                       .max_backlog = n_threads * WRITE_BACKLOG_PER_THREAD, .cmp = pack, .wr = blocks,
                                       .tbl = fragments, .file = writer->file, .uncmp = unpack };
  sqfs_super_t super;
  sqfs_u16 id;
  int r;

  if (!fragments || !ids || !blocks || !inodes || !directories || fd < 0)
    return writer_throw (writer, SQFS_ERROR_ALLOC, "beginning", error);
  if ((r = sqfs_super_init (&super, WRITE_BLOCK_SIZE, writer->mtime, SQFS_COMP_ZSTD)) != 0
      || (r = sqfs_super_write (&super, writer->file)) != 0)
    return writer_throw (writer, r, "beginning", error);
  if ((r = pack->write_options (pack, writer->file)) < 0)
    return writer_throw (writer, r, "beginning", error);
  if (r > 0)
    super.flags |= SQFS_FLAG_COMPRESSOR_OPTIONS;
  if ((r = sqfs_id_table_id_to_index (ids, 0, &id)) != 0 || (r = sqfs_block_processor_create_ex (&desc, &processor)) != 0)
    return writer_throw (writer, r, "beginning", error);
  writer->processor = processor;
  writer->inodes = inodes;
  writer->entries = entries;
  writer->directories = directories;
  if (!writer_add_directory (writer, root, fd, error))
    return FALSE;
  if ((r = sqfs_block_processor_finish (processor)) != 0)
    return writer_throw (writer, r, "content", error);
  if (!writer_put_tables (writer, root, &super, error))
    return FALSE;
  if ((r = sqfs_frag_table_write (fragments, writer->file, &super, pack)) != 0
      || (r = sqfs_id_table_write (ids, writer->file, &super, pack)) != 0)
    return writer_throw (writer, r, "tables", error);
  super.bytes_used = writer->file->get_size (writer->file);
  if ((r = sqfs_super_write (&super, writer->file)) != 0)
    return writer_throw (writer, r, "superblock", error);
  *ret_size = super.bytes_used;
  return TRUE;
}

gboolean
image_write (int tree_fd, int out_fd, const ImageWriteOptions *options, GError **error)
{
  SQFS_AUTO (file) file = NULL;
  SQFS_AUTO (compressor) pack = NULL;
  SQFS_AUTO (compressor) unpack = NULL;
  g_autoptr (ScanNode) root = NULL;
  g_autofree guint8 *buffer = g_malloc (WRITE_BLOCK_SIZE);
  unsigned n_threads = options->n_threads ? options->n_threads : g_get_num_processors ();
  guint64 size = 0;
  Writer writer = { .buffer = buffer, .options = options };

  if (!options_check (out_fd, options, error))
    return FALSE;
  if (!compressor_new (options->compression_level ? options->compression_level : WRITE_FAST_LEVEL, 0, &pack, error)
      || !compressor_new (0, SQFS_COMP_FLAG_UNCOMPRESS, &unpack, error))
    return FALSE;
  if ((root = scan_tree (tree_fd, error)) == NULL)
    return FALSE;
  count_bytes (&writer, root);
  file = sqfile_new_writer (out_fd);
  writer.file = file;
  writer.mtime = (guint32) options->mtime;
  if (!squashfs_write (&writer, root, tree_fd, pack, unpack, MIN (n_threads, WRITE_MAX_THREADS), &size, error))
    return FALSE;
  return image_seal (out_fd, size, error);
}
