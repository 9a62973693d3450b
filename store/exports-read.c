/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The folder export/ of a bundle, from a checkout or out of an image.  Links and special files are never opened; whatever has
 * no place in the desktop is not read.
 */
#include "store/exports.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "bundle/exported.h"
#include "image/tree.h"
#include "store/deployment-private.h"

typedef struct
{
  GPtrArray *items;
  gsize total;
} Reading;

static void
item_free (gpointer data)
{
  ExportItem *item = data;

  g_free (item->path);
  g_clear_pointer (&item->content, g_bytes_unref);
  g_free (item);
}

/* Hidden, the copy of an editor, or not to be printed; so may be the folders that it is in. */
static gboolean
path_is_odd (const char *path)
{
  gboolean odd = path[0] == '.' || strstr (path, "/.") != NULL || g_str_has_suffix (path, "~") || !g_utf8_validate (path, -1, NULL);

  for (const char *p = path; !odd && *p != '\0'; p = g_utf8_next_char (p))
    odd = !g_unichar_isgraph (g_utf8_get_char (p));
  return odd;
}

/* A new item; *ret_wanted: its content is to be read.  FALSE with an error when there are too many. */
static ExportItem *
add_item (Reading *reading, const char *path, gboolean is_file, guint64 size, GError **error)
{
  ExportItem *item = g_new0 (ExportItem, 1);

  item->path = g_strdup (path);
  g_ptr_array_add (reading->items, item);
  if (!is_file)
    item->why = "it is not a regular file";
  else if (path_is_odd (path))
    item->why = "its name is not one that a desktop should see";
  else if (exported_kind (path) == EXPORTED_NOT)
    item->why = "files of this kind are not exported";
  else if (size > EXPORT_FILE_MAX)
    item->why = "it is larger than 4 MiB";
  else
    reading->total += size;
  if (reading->items->len <= EXPORT_FILES_MAX && reading->total <= EXPORT_TOTAL_MAX)
    return item;
  error_throw_code (error, ERROR_REFUSED, "its folder \"export\" holds more than %d files or 64 MiB", EXPORT_FILES_MAX);
  return NULL;
}

static Reading
reading_begin (void)
{
  return (Reading){ g_ptr_array_new_with_free_func (item_free), 0 };
}

static gboolean
throw_depth (GError **error)
{
  return error_throw_code (error, ERROR_REFUSED, "its folder \"export\" has more than %d levels", EXPORT_DEPTH_MAX);
}

static gboolean
read_entry (Reading *reading, int dirfd, const char *name, const struct stat *st, const char *path, GError **error)
{
  ExportItem *item = add_item (reading, path, S_ISREG (st->st_mode), (guint64) st->st_size, error);
  gsize length = 0;

  if (item == NULL || item->why != NULL)
    return item != NULL;
  char *data = file_read_beneath (dirfd, name, EXPORT_FILE_MAX, &length, error);
  if (data == NULL)
    return FALSE;
  item->content = g_bytes_new_take (data, length);
  return TRUE;
}

static gboolean
read_folder (Reading *reading, int fd, const char *path, guint depth, GError **error)
{
  g_autoptr (GPtrArray) names = deployment_list_names (fd, ".", error);
  struct stat st;

  if (depth > EXPORT_DEPTH_MAX)
    return throw_depth (error);
  for (guint i = 0; names != NULL && i < names->len; i++)
    {
      const char *name = names->pdata[i];
      g_autofree char *child = path[0] == '\0' ? g_strdup (name) : g_build_filename (path, name, NULL);

      if (fstatat (fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return error_throw_errno (error, errno, "cannot read '%s' of the folder \"export\"", child);
      autofd sub = S_ISDIR (st.st_mode) ? openat (fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
      if (S_ISDIR (st.st_mode) && sub < 0)
        return error_throw_errno (error, errno, "cannot read the folder '%s' of the folder \"export\"", child);
      if (sub >= 0 ? !read_folder (reading, sub, child, depth + 1, error) : !read_entry (reading, fd, name, &st, child, error))
        return FALSE;
    }
  return names != NULL;
}

GPtrArray *
exports_read_folder (int export_fd, GError **error)
{
  Reading reading = reading_begin ();

  if (export_fd >= 0 && !read_folder (&reading, export_fd, "", 0, error))
    g_clear_pointer (&reading.items, g_ptr_array_unref);
  return reading.items;
}

static gboolean
append_data (const guint8 *data, gsize length, gpointer user, GError **error)
{
  GByteArray *bytes = user;
  guint old = bytes->len;

  g_byte_array_set_size (bytes, old + (guint) length);
  if (data != NULL)
    memcpy (bytes->data + old, data, length);
  else
    memset (bytes->data + old, 0, length);
  return TRUE;
}

static gboolean
read_image_file (Reading *reading, ImageTree *tree, const TreeInode *inode, const char *path, GError **error)
{
  ExportItem *item = add_item (reading, path, inode->kind == TREE_FILE, inode->size, error);
  g_autoptr (GByteArray) bytes = NULL;

  if (item == NULL || item->why != NULL)
    return item != NULL;
  bytes = g_byte_array_new ();
  if (!image_tree_read_file (tree, inode, append_data, bytes, error))
    return FALSE;
  item->content = g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
  return TRUE;
}

static gboolean
read_image_folder (Reading *reading, ImageTree *tree, const TreeInode *folder, const char *path, guint depth, GError **error)
{
  if (depth > EXPORT_DEPTH_MAX)
    return throw_depth (error);
  for (guint32 i = 0; i < folder->n_entries; i++)
    {
      const TreeEntry *entry = image_tree_entry (tree, folder->first_entry + i);
      const TreeInode *inode = image_tree_inode (tree, entry->inode);
      g_autofree char *name = g_strndup (entry->name, entry->length);
      g_autofree char *child = path[0] == '\0' ? g_strdup (name) : g_build_filename (path, name, NULL);

      if (inode->kind == TREE_DIRECTORY ? !read_image_folder (reading, tree, inode, child, depth + 1, error)
                                        : !read_image_file (reading, tree, inode, child, error))
        return FALSE;
    }
  return TRUE;
}

GPtrArray *
exports_read_image (int image_fd, const char *name, GError **error)
{
  g_autoptr (ImageTree) tree = image_tree_load (image_fd, name, error);
  Reading reading = reading_begin ();
  const TreeEntry *entry = tree == NULL ? NULL : image_tree_find (tree, image_tree_inode (tree, 0), "export", strlen ("export"));
  const TreeInode *folder = entry == NULL ? NULL : image_tree_inode (tree, entry->inode);

  if (tree == NULL
      || (folder != NULL && folder->kind == TREE_DIRECTORY && !read_image_folder (&reading, tree, folder, "", 0, error)))
    g_clear_pointer (&reading.items, g_ptr_array_unref);
  return reading.items;
}
