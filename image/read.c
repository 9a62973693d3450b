/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/image.h"

#include <string.h>

#include "base/error.h"
#include "image/tree.h"

static gboolean
bytes_append (const guint8 *data, gsize length, gpointer user, GError **error)
{
  GByteArray *bytes = user;
  guint old = bytes->len;

  if (data != NULL)
    {
      g_byte_array_append (bytes, data, (guint) length);
      return TRUE;
    }
  g_byte_array_set_size (bytes, old + (guint) length);
  memset (bytes->data + old, 0, length);
  return TRUE;
}

char *
image_read_file (int image_fd, const char *name, const char *path, gsize max, gsize *ret_length, GError **error)
{
  g_autoptr (ImageTree) tree = image_tree_load (image_fd, name, error);
  g_autoptr (GByteArray) bytes = NULL;
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);
  const TreeInode *inode;

  if (tree == NULL)
    return NULL;
  inode = image_tree_inode (tree, 0);
  for (gsize i = 0; inode != NULL && parts[i] != NULL; i++)
    if (parts[i][0] != '\0')
      {
        const TreeEntry *entry = inode->kind == TREE_DIRECTORY
                                 ? image_tree_find (tree, inode, parts[i], strlen (parts[i])) : NULL;
        inode = entry != NULL ? image_tree_inode (tree, entry->inode) : NULL;
      }
  if (inode == NULL)
    {
      error_throw_code (error, ERROR_NOT_FOUND, "The image %s has no file %s", name, path);
      return NULL;
    }
  if (inode->kind != TREE_FILE)
    {
      error_throw_code (error, ERROR_REFUSED, "%s in the image %s is not a regular file", path, name);
      return NULL;
    }
  if (inode->size > MIN (max, G_MAXINT32 - 1))
    {
      error_throw_code (error, ERROR_REFUSED, "%s in the image %s has %" G_GUINT64_FORMAT " bytes, more than is read here",
                        path, name, inode->size);
      return NULL;
    }
  bytes = g_byte_array_sized_new ((guint) inode->size + 1);
  if (!image_tree_read_file (tree, inode, bytes_append, bytes, error))
    return NULL;
  if (ret_length != NULL)
    *ret_length = bytes->len;
  g_byte_array_append (bytes, (const guint8 *) "", 1); /* NUL one past the end, as file_read() */
  return (char *) g_byte_array_free (g_steal_pointer (&bytes), FALSE);
}
