/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The tree has been checked before the first file is made: names hold no slash and no "..", directories are a
 * tree.  Everything is created relative to the descriptor of its directory, with O_EXCL and without following a
 * link, so that not even a tree that somebody else fills at the same time can lead outside.
 */
#include "image/image.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "image/tree.h"

typedef struct
{
  ImageTree *tree;
  int root_fd;
  char **made;                  /* by inode index: path of the first link to a file, for the others */
} Unpack;

typedef struct
{
  int fd;
  const char *path;
} Sink;

static gboolean
sink_write (const guint8 *data, gsize length, gpointer user, GError **error)
{
  Sink *sink = user;

  if (data != NULL)
    return file_write_all (sink->fd, sink->path, data, length, error);
  /* A hole of the image is a hole of the file. */
  if (lseek (sink->fd, (off_t) length, SEEK_CUR) < 0)
    return error_throw_errno (error, errno, "Cannot write %s", sink->path);
  return TRUE;
}

static gboolean
unpack_set_time (int dir_fd, const char *name, const TreeInode *inode, const char *path, GError **error)
{
  struct timespec times[2] = { { .tv_sec = inode->mtime }, { .tv_sec = inode->mtime } };

  if (utimensat (dir_fd, name, times, AT_SYMLINK_NOFOLLOW) < 0)
    return error_throw_errno (error, errno, "Cannot set the time of %s", path);
  return TRUE;
}

static gboolean
unpack_file (Unpack *unpack, int dir_fd, const char *name, const char *path, const TreeInode *inode, GError **error)
{
  autofd fd = openat (dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  Sink sink = { fd, path };

  if (fd < 0)
    return error_throw_errno (error, errno, "Cannot create %s", path);
  if (!image_tree_read_file (unpack->tree, inode, sink_write, &sink, error))
    return FALSE;
  if (ftruncate (fd, (off_t) inode->size) < 0 || fchmod (fd, (inode->mode & 0111) ? 0755 : 0644) < 0)
    return error_throw_errno (error, errno, "Cannot finish %s", path);
  return unpack_set_time (dir_fd, name, inode, path, error);
}

static gboolean
unpack_link (Unpack *unpack, int dir_fd, const char *name, const char *path, const TreeInode *inode, GError **error)
{
  g_autofree char *target = g_strndup ((const char *) unpack->tree->inode_table.bytes->data + inode->payload, (gsize) inode->size);

  if (symlinkat (target, dir_fd, name) < 0)
    return error_throw_errno (error, errno, "Cannot create the symbolic link %s", path);
  return unpack_set_time (dir_fd, name, inode, path, error);
}

static gboolean
unpack_directory (Unpack *unpack, int fd, const char *prefix, const TreeInode *directory, GError **error)
{
  for (guint32 i = 0; i < directory->n_entries; i++)
    {
      const TreeEntry *entry = image_tree_entry (unpack->tree, directory->first_entry + i);
      const TreeInode *inode = image_tree_inode (unpack->tree, entry->inode);
      g_autofree char *name = g_strndup (entry->name, entry->length);
      g_autofree char *path = g_strconcat (prefix, *prefix ? "/" : "", name, NULL);

      if (inode->kind == TREE_DIRECTORY)
        {
          autofd sub = -1;
          if (mkdirat (fd, name, 0700) < 0)
            return error_throw_errno (error, errno, "Cannot create the directory %s", path);
          sub = openat (fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
          if (sub < 0)
            return error_throw_errno (error, errno, "Cannot open the directory %s", path);
          if (!unpack_directory (unpack, sub, path, inode, error))
            return FALSE;
          if (fchmod (sub, 0755) < 0)
            return error_throw_errno (error, errno, "Cannot set the permissions of %s", path);
          if (!unpack_set_time (fd, name, inode, path, error))
            return FALSE;
        }
      else if (unpack->made[entry->inode] != NULL)
        {
          /* linkat() does not follow the last component, and the components before it are ours. */
          if (linkat (unpack->root_fd, unpack->made[entry->inode], fd, name, 0) < 0)
            return error_throw_errno (error, errno, "Cannot create the hard link %s", path);
        }
      else
        {
          if (!(inode->kind == TREE_LINK ? unpack_link : unpack_file) (unpack, fd, name, path, inode, error))
            return FALSE;
          unpack->made[entry->inode] = g_steal_pointer (&path);
        }
    }
  return TRUE;
}

/* Refuse before the first byte what cannot fit: a small image can claim any amount (equal blocks are stored once). */
static gboolean
unpack_check_room (const ImageTree *tree, int dest_fd, GError **error)
{
  guint64 need = 0, room;
  struct statvfs fs;

  for (guint i = 0; i < tree->inodes->len; i++)
    {
      const TreeInode *inode = image_tree_inode (tree, i);
      const guint8 *sizes = tree->inode_table.bytes->data + inode->payload;

      if (inode->kind != TREE_FILE)
        continue;
      for (guint32 b = 0; b < inode->n_blocks; b++)
        if (meta_u32 (sizes + 4 * (gsize) b) != 0)
          need += tree->reader->layout.super.block_size;
      need += inode->size % tree->reader->layout.super.block_size;
    }
  if (fstatvfs (dest_fd, &fs) < 0)
    return error_throw_errno (error, errno, "Cannot find out how much room there is for the image %s", tree->reader->name);
  room = (guint64) fs.f_bavail * fs.f_frsize;
  if (need > room)
    return error_throw (error, "The image %s would unpack to %" G_GUINT64_FORMAT " MiB, but only %" G_GUINT64_FORMAT
                        " MiB are free", tree->reader->name, need >> 20, room >> 20);
  return TRUE;
}

gboolean
image_unpack (int image_fd, const char *name, int dest_fd, GError **error)
{
  g_autoptr (ImageTree) tree = image_tree_load (image_fd, name, error);
  g_autoptr (GPtrArray) made = NULL;
  Unpack unpack = { .tree = tree, .root_fd = dest_fd };

  if (tree == NULL || !unpack_check_room (tree, dest_fd, error))
    return FALSE;
  made = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_set_size (made, (int) tree->inodes->len);
  unpack.made = (char **) made->pdata;
  return unpack_directory (&unpack, dest_fd, "", image_tree_inode (tree, 0), error)
         || error_prefix (error, "Cannot unpack the image %s", name);
}
