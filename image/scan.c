/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

/* Each level holds a descriptor while it is read. */
#define SCAN_MAX_DEPTH 300

typedef struct
{
  GHashTable *links;            /* ScanNode with n_links > 1 on the host, by device and inode */
} Scan;

static guint
node_hash (gconstpointer key)
{
  const ScanNode *node = key;
  return (guint) node->ino ^ ((guint) node->dev << 16);
}

static gboolean
node_equal (gconstpointer a, gconstpointer b)
{
  const ScanNode *x = a, *y = b;
  return x->ino == y->ino && x->dev == y->dev;
}

static int
node_compare (gconstpointer a, gconstpointer b)
{
  const ScanNode *const *x = a, *const *y = b;
  return strcmp ((*x)->name, (*y)->name);
}

void
scan_node_free (ScanNode *node)
{
  if (node == NULL)
    return;
  if (node->children)
    g_ptr_array_unref (node->children);
  g_free (node->name);
  g_free (node->target);
  free (node->inode); /* made by libsquashfs with malloc */
  g_free (node);
}

char *
scan_node_path (const ScanNode *node)
{
  GString *path = g_string_new (NULL);

  for (; node != NULL && node->parent != NULL; node = node->parent)
    {
      g_string_prepend (path, node->name);
      if (node->parent->parent != NULL)
        g_string_prepend_c (path, '/');
    }
  return g_string_free (path, FALSE);
}

/* Everybody may read an image, its owner is whoever mounts it, and nobody can write: only "is it
 * executable" is left of a mode.  So the umask of a build does not show. */
static mode_t
mode_normalise (mode_t mode)
{
  if (S_ISDIR (mode))
    return S_IFDIR | 0755;
  if (S_ISLNK (mode))
    return S_IFLNK | 0777;
  return S_IFREG | ((mode & 0111) ? 0755 : 0644);
}

static ScanNode *
node_new (ScanNode *parent, const char *name, const struct stat *st)
{
  ScanNode *node = g_new0 (ScanNode, 1);

  node->parent = parent;
  node->name = g_strdup (name);
  node->mode = mode_normalise (st->st_mode);
  node->dev = st->st_dev;
  node->ino = st->st_ino;
  node->size = (guint64) st->st_size;
  node->first = node;
  node->n_links = 1;
  if (S_ISDIR (node->mode))
    node->children = g_ptr_array_new_with_free_func ((GDestroyNotify) scan_node_free);
  return node;
}

static gboolean
node_read_target (ScanNode *node, int dir_fd, off_t size, GError **error)
{
  char target[4096];
  ssize_t n = readlinkat (dir_fd, node->name, target, sizeof target);
  g_autofree char *path = scan_node_path (node);

  if (n < 0)
    return error_throw_errno (error, errno, "Cannot read the symbolic link %s", path);
  if (n == 0 || n >= (ssize_t) sizeof target)
    return error_throw (error, "The target of the symbolic link %s is too long for an image", path);
  node->target = g_strndup (target, n);
  return TRUE;
}

static gboolean scan_directory (Scan *scan, ScanNode *directory, int fd, unsigned depth, GError **error);

static gboolean
scan_entry (Scan *scan, ScanNode *parent, int dir_fd, const char *name, unsigned depth, GError **error)
{
  ScanNode *node;
  struct stat st;
  autofd fd = -1;
  g_autofree char *path = NULL;

  if (fstatat (dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return error_throw_errno (error, errno, "Cannot examine %s", name);
  node = node_new (parent, name, &st);
  g_ptr_array_add (parent->children, node);
  if (!S_ISDIR (st.st_mode) && !S_ISREG (st.st_mode) && !S_ISLNK (st.st_mode))
    {
      path = scan_node_path (node);
      return error_throw (error, "%s is a %s; an image holds only directories, files and symbolic links. "
                          "Remove it from the tree (a cleanup pattern does that)", path,
                          S_ISFIFO (st.st_mode) ? "fifo" : S_ISSOCK (st.st_mode) ? "socket" : "device");
    }
  if (!S_ISDIR (st.st_mode) && st.st_nlink > 1)
    {
      ScanNode *first = g_hash_table_lookup (scan->links, node);
      if (first != NULL)
        {
          node->first = first;
          first->n_links++;
          return TRUE;
        }
      g_hash_table_add (scan->links, node);
    }
  if (S_ISLNK (st.st_mode))
    return node_read_target (node, dir_fd, st.st_size, error);
  if (S_ISREG (st.st_mode))
    return TRUE;
  fd = openat (dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    {
      int saved = errno;
      path = scan_node_path (node);
      return error_throw_errno (error, saved, "Cannot open the directory %s", path);
    }
  return scan_directory (scan, node, fd, depth + 1, error);
}

static void
close_dir (DIR **dir)
{
  if (*dir)
    closedir (*dir);
}

static gboolean
scan_directory (Scan *scan, ScanNode *directory, int fd, unsigned depth, GError **error)
{
  g_autofree char *path = scan_node_path (directory);
  __attribute__ ((cleanup (close_dir))) DIR *dir = NULL;
  autofd own = fcntl (fd, F_DUPFD_CLOEXEC, 3);
  struct dirent *entry;

  if (depth > SCAN_MAX_DEPTH)
    return error_throw (error, "The tree is deeper than %d directories at %s", SCAN_MAX_DEPTH, path);
  if (own < 0 || (dir = fdopendir (own)) == NULL)
    return error_throw_errno (error, errno, "Cannot read the directory %s", path);
  own = -1; /* closedir() closes it */
  rewinddir (dir);
  for (;;)
    {
      errno = 0;
      entry = readdir (dir);
      if (entry == NULL && errno != 0)
        return error_throw_errno (error, errno, "Cannot read the directory %s", path);
      if (entry == NULL)
        break;
      if (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0)
        continue;
      if (!scan_entry (scan, directory, fd, entry->d_name, depth, error))
        return FALSE;
    }
  g_ptr_array_sort (directory->children, node_compare);
  return TRUE;
}

/* Which of several hard links comes first must not depend on the order of readdir: the one that is first in
 * the sorted walk carries the inode. */
static void
links_settle (ScanNode *directory, GHashTable *heads)
{
  for (guint i = 0; i < directory->children->len; i++)
    {
      ScanNode *node = directory->children->pdata[i];
      ScanNode *head;

      if (S_ISDIR (node->mode))
        links_settle (node, heads);
      else if (node->first != node || node->n_links > 1)
        {
          ScanNode *old = node->first;
          head = g_hash_table_lookup (heads, old);
          if (head == NULL)
            g_hash_table_insert (heads, old, head = node);
          if (head == node && old != node)
            {
              node->n_links = old->n_links;
              if (node->target == NULL)
                node->target = g_steal_pointer (&old->target);
            }
          node->first = head;
        }
    }
}

ScanNode *
scan_tree (int tree_fd, GError **error)
{
  g_autoptr (GHashTable) links = g_hash_table_new (node_hash, node_equal);
  g_autoptr (GHashTable) heads = g_hash_table_new (NULL, NULL);
  g_autoptr (ScanNode) root = NULL;
  Scan scan = { links };
  struct stat st;
  autofd fd = -1;

  /* A description of our own: the position of the caller's stays, and O_PATH descriptors are welcome. */
  fd = openat (tree_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || fstat (fd, &st) < 0)
    {
      error_throw_errno (error, errno, "Cannot open the tree of the image");
      return NULL;
    }
  root = node_new (NULL, "", &st);
  if (!scan_directory (&scan, root, fd, 0, error))
    return NULL;
  links_settle (root, heads);
  return g_steal_pointer (&root);
}
