/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/tree/compare.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/tree/walk.h"

static void
difference_free (gpointer data)
{
  TreeDifference *difference = data;

  g_free (difference->path);
  g_free (difference->detail);
  g_free (difference);
}

static gboolean
add_entry (const TreeEntry *entry, gpointer data, GError **error)
{
  struct stat *st = g_new (struct stat, 1);

  *st = entry->st;
  g_hash_table_insert (data, g_strdup (entry->path), st);
  return TRUE;
}

static GHashTable *
list_tree (int fd, GError **error)
{
  g_autoptr (GHashTable) entries = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  return tree_walk (fd, FALSE, add_entry, entries, error) ? g_steal_pointer (&entries) : NULL;
}

static const char *
type_name (mode_t mode)
{
  return S_ISDIR (mode) ? "a directory" : S_ISLNK (mode) ? "a link" : S_ISREG (mode) ? "a file" : "something else";
}

static char *
link_target (int root_fd, const char *path)
{
  char target[4097];
  autofd fd = file_open_beneath (root_fd, path, O_PATH | O_NOFOLLOW, 0, NULL);
  ssize_t length = fd >= 0 ? readlinkat (fd, "", target, sizeof target - 1) : -1;

  if (length < 0)
    return g_strdup ("?");
  target[length] = '\0';
  return g_strdup (target);
}

static ssize_t
read_block (int fd, char *buffer, gsize size)
{
  gsize done = 0;

  while (done < size)
    {
      ssize_t n = read (fd, buffer + done, size - done);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return -1;
      if (n == 0)
        break;
      done += (gsize) n;
    }
  return (ssize_t) done;
}

/* *ret_offset: of the first byte that differs, -1 when none does. */
static gboolean
compare_content (int old_root, int new_root, const char *path, gint64 *ret_offset, GError **error)
{
  enum { SIZE = 65536 };
  g_autofree char *a = g_malloc (SIZE), *b = g_malloc (SIZE);
  autofd old = file_open_beneath (old_root, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, error);
  autofd new = old < 0 ? -1 : file_open_beneath (new_root, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, error);

  if (new < 0)
    return FALSE;
  for (gint64 at = 0;;)
    {
      ssize_t n = read_block (old, a, SIZE), m = read_block (new, b, SIZE);

      if (n < 0 || m < 0)
        return error_throw_errno (error, errno, "cannot read '%s'", path);
      ssize_t same = 0;
      while (same < MIN (n, m) && a[same] == b[same])
        same++;
      if (same < n || same < m || n == 0)
        {
          *ret_offset = same < n || same < m ? at + same : -1;
          return TRUE;
        }
      at += n;
    }
}

/* NULL without an error when there is no difference. */
static gboolean
compare_entry (int old_root, int new_root, const char *path, const struct stat *old, const struct stat *new, char **ret_detail,
               gint64 *ret_offset, GError **error)
{
  gint64 offset = -1;

  *ret_detail = NULL;
  *ret_offset = -1;
  if ((old->st_mode & S_IFMT) != (new->st_mode & S_IFMT))
    {
      *ret_detail = g_strdup_printf ("now %s, was %s", type_name (new->st_mode), type_name (old->st_mode));
      return TRUE;
    }
  if (S_ISLNK (old->st_mode))
    {
      g_autofree char *was = link_target (old_root, path), *is = link_target (new_root, path);

      if (strcmp (was, is) != 0)
        *ret_detail = g_strdup_printf ("link to %s, was %s", is, was);
    }
  if (!S_ISREG (old->st_mode))
    return TRUE;
  if (!compare_content (old_root, new_root, path, &offset, error))
    return FALSE;
  *ret_offset = offset;
  if (offset >= 0)
    *ret_detail = g_strdup_printf ("content from byte %" G_GINT64_FORMAT " on", offset);
  else if ((old->st_mode & 0111) != (new->st_mode & 0111))
    *ret_detail = g_strdup ((new->st_mode & 0111) != 0 ? "now executable" : "no longer executable");
  return TRUE;
}

static void
add (GPtrArray *differences, TreeDifferenceKind kind, const char *path, const struct stat *old, const struct stat *new, char *detail,
     gint64 offset)
{
  TreeDifference *difference = g_new0 (TreeDifference, 1);

  difference->kind = kind;
  difference->path = g_strdup (path);
  difference->old_size = old != NULL && S_ISREG (old->st_mode) ? (guint64) old->st_size : 0;
  difference->new_size = new != NULL && S_ISREG (new->st_mode) ? (guint64) new->st_size : 0;
  difference->detail = detail;
  difference->offset = offset;
  g_ptr_array_add (differences, difference);
}

static int
compare_paths (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(const TreeDifference *const *) a)->path, (*(const TreeDifference *const *) b)->path);
}

GPtrArray *
tree_compare (int old_fd, int new_fd, GError **error)
{
  g_autoptr (GHashTable) old = list_tree (old_fd, error);
  g_autoptr (GHashTable) new = old != NULL ? list_tree (new_fd, error) : NULL;
  g_autoptr (GPtrArray) differences = g_ptr_array_new_with_free_func (difference_free);
  GHashTableIter iter;
  gpointer path, st;

  if (new == NULL)
    return NULL;
  g_hash_table_iter_init (&iter, old);
  while (g_hash_table_iter_next (&iter, &path, &st))
    {
      const struct stat *other = g_hash_table_lookup (new, path);
      char *detail = NULL;
      gint64 offset = -1;

      if (other != NULL && !compare_entry (old_fd, new_fd, path, st, other, &detail, &offset, error))
        return NULL;
      if (other == NULL || detail != NULL)
        add (differences, other == NULL ? TREE_REMOVED : TREE_CHANGED, path, st, other, detail, offset);
    }
  g_hash_table_iter_init (&iter, new);
  while (g_hash_table_iter_next (&iter, &path, &st))
    if (!g_hash_table_contains (old, path))
      add (differences, TREE_ADDED, path, NULL, st, NULL, -1);
  g_ptr_array_sort (differences, compare_paths);
  return g_steal_pointer (&differences);
}

static gboolean
add_size (const TreeEntry *entry, gpointer data, GError **error)
{
  guint64 *size = data;

  *size += S_ISREG (entry->st.st_mode) ? (guint64) entry->st.st_size : 0;
  return TRUE;
}

gboolean
tree_total_size (int root_fd, guint64 *ret_size, GError **error)
{
  guint64 size = 0;

  if (!tree_walk (root_fd, FALSE, add_size, &size, error))
    return FALSE;
  *ret_size = size;
  return TRUE;
}
