/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An image never changes: every answer may be kept for ever, "there is no such name" included.  Opening needs no
 * request at all (ENOSYS tells the kernel so, once); it then keeps pages and listings as it likes.
 */
#include "image/server/ops.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "image/server/server.h"

#define FOR_EVER 1e9            /* seconds */
#define LOGGED_ERRORS 100

/* Inode numbers. */
enum
{
  INO_TOP = FUSE_ROOT_ID,
  INO_EMPTY,
  INO_FIRST,                    /* the image's root */
};

/* Both of our own. */
static const TreeInode own_folder = { .kind = TREE_DIRECTORY, .mode = 0555, .n_links = 2 };

static const TreeInode *
inode_find (const ServedImage *image, fuse_ino_t ino)
{
  if (ino == INO_TOP || ino == INO_EMPTY)
    return &own_folder;
  return ino >= INO_FIRST && ino - INO_FIRST < image->tree->inodes->len
           ? image_tree_inode (image->tree, (guint32) (ino - INO_FIRST)) : NULL;
}

static const TreeInode *
request_inode (fuse_req_t request, fuse_ino_t ino)
{
  return inode_find (fuse_req_userdata (request), ino);
}

/* What a thread reads content with.  libfuse has one userdata for all threads of a session. */
static __thread ImageTree *own_tree;

gboolean
served_image_use (ServedImage *image)
{
  own_tree = image_tree_share (image->tree);
  return own_tree != NULL;
}

static void
reply_io_error (fuse_req_t request, ServedImage *image, const GError *error)
{
  int number = g_atomic_int_add (&image->n_errors, 1) + 1;

  if (number <= LOGGED_ERRORS)
    fprintf (stderr, "image-server: %s%s\n", error->message,
             number == LOGGED_ERRORS ? "; further errors of this image are not logged" : "");
  else
    g_atomic_int_set (&image->n_errors, LOGGED_ERRORS); /* it must not wrap around */
  fuse_reply_err (request, EIO);
}

static mode_t
inode_mode (const TreeInode *inode)
{
  switch (inode->kind)
    {
    case TREE_DIRECTORY:
      return S_IFDIR | 0555 | (inode->mode & 0200);
    case TREE_LINK:
      return S_IFLNK | 0777;
    case TREE_FILE:
    default:
      return S_IFREG | 0444 | (inode->mode & 0200) | ((inode->mode & 0111) ? 0111 : 0);
    }
}

static void
inode_stat (const ServedImage *image, fuse_ino_t ino, struct stat *ret_st)
{
  const TreeInode *inode = inode_find (image, ino);
  struct stat st = { .st_ino = ino, .st_mode = inode_mode (inode), .st_nlink = inode->n_links, .st_uid = image->uid,
                     .st_gid = image->gid, .st_blksize = 4096 };

  st.st_size = inode->kind == TREE_DIRECTORY ? (off_t) inode->n_entries * 32 : (off_t) inode->size;
  st.st_blocks = st.st_size / 512 + (st.st_size % 512 != 0);
  st.st_mtim.tv_sec = st.st_ctim.tv_sec = st.st_atim.tv_sec = inode->mtime;
  *ret_st = st;
}

static void
op_init (void *user, struct fuse_conn_info *connection)
{
  static const unsigned wanted = FUSE_CAP_READDIRPLUS | FUSE_CAP_READDIRPLUS_AUTO | FUSE_CAP_CACHE_SYMLINKS
                                 | FUSE_CAP_PARALLEL_DIROPS | FUSE_CAP_ASYNC_READ | FUSE_CAP_NO_OPEN_SUPPORT
                                 | FUSE_CAP_NO_OPENDIR_SUPPORT;

  connection->want |= connection->capable & wanted;
  /* Answers are in memory, never in a file: splicing would only cost pipes. */
  connection->want &= ~(FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE);
}

static void
entry_fill (const ServedImage *image, fuse_ino_t ino, struct fuse_entry_param *ret_entry)
{
  *ret_entry = (struct fuse_entry_param) { .ino = ino, .attr_timeout = FOR_EVER, .entry_timeout = FOR_EVER };
  inode_stat (image, ino, &ret_entry->attr);
}

/* 0: there is none. */
static fuse_ino_t
child_find (const ServedImage *image, fuse_ino_t parent, const TreeInode *directory, const char *name)
{
  const TreeEntry *entry;

  if (parent == INO_TOP)
    return strcmp (name, SERVED_IMAGE) == 0 ? INO_FIRST : strcmp (name, SERVED_NOTHING) == 0 ? INO_EMPTY : 0;
  entry = image_tree_find (image->tree, directory, name, strlen (name));
  return entry != NULL ? entry->inode + INO_FIRST : 0;
}

static void
op_lookup (fuse_req_t request, fuse_ino_t parent, const char *name)
{
  const ServedImage *image = fuse_req_userdata (request);
  const TreeInode *directory = request_inode (request, parent);
  struct fuse_entry_param found = { .entry_timeout = FOR_EVER };
  fuse_ino_t ino;

  if (directory == NULL || directory->kind != TREE_DIRECTORY)
    {
      fuse_reply_err (request, directory == NULL ? ESTALE : ENOTDIR);
      return;
    }
  ino = child_find (image, parent, directory, name);
  if (ino != 0)
    entry_fill (image, ino, &found);
  fuse_reply_entry (request, &found); /* inode 0: there is none, and the kernel may remember that */
}

static void
op_getattr (fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *file)
{
  const ServedImage *image = fuse_req_userdata (request);
  struct stat st;

  if (request_inode (request, ino) == NULL)
    {
      fuse_reply_err (request, ESTALE);
      return;
    }
  inode_stat (image, ino, &st);
  fuse_reply_attr (request, &st, FOR_EVER);
}

static void
op_readlink (fuse_req_t request, fuse_ino_t ino)
{
  const ServedImage *image = fuse_req_userdata (request);
  const TreeInode *inode = request_inode (request, ino);
  g_autofree char *target = NULL;

  if (inode == NULL || inode->kind != TREE_LINK)
    {
      fuse_reply_err (request, inode == NULL ? ESTALE : EINVAL);
      return;
    }
  target = g_strndup ((const char *) image->tree->inode_table.bytes->data + inode->payload, (gsize) inode->size);
  fuse_reply_readlink (request, target);
}

/* Positions in a listing: 0 and 1 are "." and "..", which squashfs does not store.  Those of the top are not listed: nobody is shown it. */
static gsize
listing_add (fuse_req_t request, fuse_ino_t self, guint64 position, gboolean plus, char *buffer, gsize room)
{
  const ServedImage *image = fuse_req_userdata (request);
  const TreeInode *directory = inode_find (image, self);
  struct fuse_entry_param entry = { 0 };
  char name[256];

  if (position < 2)
    {
      /* No inode number in the parameters: the kernel makes no directory entry of these two. */
      g_strlcpy (name, position == 0 ? "." : "..", sizeof name);
      entry.attr.st_mode = S_IFDIR;
      entry.attr.st_ino = self;
    }
  else
    {
      const TreeEntry *found = image_tree_entry (image->tree, directory->first_entry + (guint32) (position - 2));
      memcpy (name, found->name, found->length);
      name[found->length] = '\0';
      entry_fill (image, found->inode + INO_FIRST, &entry);
    }
  if (plus)
    return fuse_add_direntry_plus (request, buffer, room, name, &entry, (off_t) position + 1);
  return fuse_add_direntry (request, buffer, room, name, &entry.attr, (off_t) position + 1);
}

static void
listing_reply (fuse_req_t request, fuse_ino_t ino, gsize size, off_t offset, gboolean plus)
{
  const TreeInode *directory = request_inode (request, ino);
  g_autofree char *buffer = NULL;
  gsize used = 0;

  if (directory == NULL || directory->kind != TREE_DIRECTORY || offset < 0)
    {
      fuse_reply_err (request, directory == NULL ? ESTALE : ENOTDIR);
      return;
    }
  size = MIN (size, 1 << 20);
  buffer = g_malloc (size);
  for (guint64 position = (guint64) offset; position < (guint64) directory->n_entries + 2; position++)
    {
      gsize need = listing_add (request, ino, position, plus, buffer + used, size - used);
      if (need > size - used)
        break;
      used += need;
    }
  fuse_reply_buf (request, buffer, used);
}

static void
op_readdir (fuse_req_t request, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *file)
{
  listing_reply (request, ino, size, offset, FALSE);
}

static void
op_readdirplus (fuse_req_t request, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *file)
{
  listing_reply (request, ino, size, offset, TRUE);
}

static void
op_open (fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *file)
{
  fuse_reply_err (request, ENOSYS);
}

static void
op_read (fuse_req_t request, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *file)
{
  ServedImage *image = fuse_req_userdata (request);
  const TreeInode *inode = request_inode (request, ino);
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *buffer = NULL;
  gsize length;

  if (inode == NULL || inode->kind != TREE_FILE || offset < 0)
    {
      fuse_reply_err (request, inode == NULL ? ESTALE : EISDIR);
      return;
    }
  size = MIN (size, 4 << 20);
  buffer = g_malloc (size);
  if (block_cache_read (image->blocks, own_tree, inode, (guint64) offset, size, buffer, &length, &error))
    fuse_reply_buf (request, (const char *) buffer, length);
  else
    reply_io_error (request, image, error);
}

static void
op_statfs (fuse_req_t request, fuse_ino_t ino)
{
  const ServedImage *image = fuse_req_userdata (request);
  const SquashSuper *super = &image->tree->reader->layout.super;
  struct statvfs st = { .f_bsize = super->block_size, .f_frsize = 4096, .f_blocks = (super->bytes_used + 4095) / 4096,
                        .f_files = super->inode_count, .f_namemax = 255 };

  fuse_reply_statfs (request, &st);
}

const struct fuse_lowlevel_ops served_image_ops = {
  .init = op_init,
  .lookup = op_lookup,
  .getattr = op_getattr,
  .readlink = op_readlink,
  .readdir = op_readdir,
  .readdirplus = op_readdirplus,
  .open = op_open,
  .opendir = op_open,
  .read = op_read,
  .statfs = op_statfs,
};
