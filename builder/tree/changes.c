/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/tree/changes.h"

#include <string.h>

#include "builder/tree/walk.h"

/* What tells a file apart from its earlier self.  The change time can't be set by a build. */
typedef struct
{
  ino_t inode;
  mode_t type;
  off_t size;
  struct timespec changed;
} Mark;

struct TreeListing
{
  GHashTable *marks;     /* path -> Mark */
};

static gboolean
add_mark (const TreeEntry *entry, gpointer data, GError **error)
{
  TreeListing *listing = data;
  Mark *mark = g_new0 (Mark, 1);

  mark->inode = entry->st.st_ino;
  mark->type = entry->st.st_mode & S_IFMT;
  mark->size = entry->st.st_size;
  mark->changed = entry->st.st_ctim;
  g_hash_table_insert (listing->marks, g_strdup (entry->path), mark);
  return TRUE;
}

TreeListing *
tree_listing_new (int root_fd, GError **error)
{
  g_autoptr (TreeListing) listing = g_new0 (TreeListing, 1);

  listing->marks = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (!tree_walk (root_fd, TRUE, add_mark, listing, error))
    return NULL;
  return g_steal_pointer (&listing);
}

void
tree_listing_free (TreeListing *listing)
{
  if (listing == NULL)
    return;
  g_hash_table_unref (listing->marks);
  g_free (listing);
}

static gboolean
is_changed (const Mark *old, const Mark *new)
{
  if (old == NULL || old->type != new->type)
    return TRUE;
  if (new->type == S_IFDIR)
    return FALSE;
  return old->inode != new->inode || old->size != new->size || old->changed.tv_sec != new->changed.tv_sec
         || old->changed.tv_nsec != new->changed.tv_nsec;
}

static int
compare_paths (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

GPtrArray *
tree_listing_changes (const TreeListing *before, const TreeListing *after)
{
  GPtrArray *changes = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer path, mark;

  g_hash_table_iter_init (&iter, after->marks);
  while (g_hash_table_iter_next (&iter, &path, &mark))
    if (is_changed (g_hash_table_lookup (before->marks, path), mark))
      g_ptr_array_add (changes, g_strdup (path));
  g_ptr_array_sort (changes, compare_paths);
  return changes;
}

static gboolean
is_directory (const TreeListing *listing, const char *path)
{
  const Mark *mark = g_hash_table_lookup (listing->marks, path);

  return mark != NULL && mark->type == S_IFDIR;
}

GPtrArray *
tree_listing_removed (const TreeListing *before, const TreeListing *after)
{
  GPtrArray *removed = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer path, mark;

  g_hash_table_iter_init (&iter, before->marks);
  while (g_hash_table_iter_next (&iter, &path, &mark))
    {
      const char *slash = strrchr (path, '/');
      g_autofree char *parent = slash != NULL ? g_strndup (path, (gsize) (slash - (const char *) path)) : NULL;

      if ((parent != NULL && !is_directory (after, parent))
          || (g_hash_table_contains (after->marks, path) && is_directory (before, path) == is_directory (after, path)))
        continue;
      g_ptr_array_add (removed, g_strdup (path));
    }
  g_ptr_array_sort (removed, compare_paths);
  return removed;
}

GBytes *
tree_changes_format (const GPtrArray *changes)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autofree char *count = g_strdup_printf ("%u", changes->len);

  g_byte_array_append (bytes, (const guint8 *) count, (guint) strlen (count) + 1);
  for (guint i = 0; i < changes->len; i++)
    g_byte_array_append (bytes, changes->pdata[i], (guint) strlen (changes->pdata[i]) + 1);
  return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
}

GPtrArray *
tree_changes_parse (const char *data, gsize length)
{
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func (g_free);
  guint64 count;

  if (length == 0 || data[length - 1] != '\0' || !g_ascii_string_to_unsigned (data, 10, 0, G_MAXUINT32, &count, NULL))
    return NULL;
  for (gsize at = strlen (data) + 1; at < length; at += strlen (data + at) + 1)
    {
      if (data[at] == '\0')
        return NULL;
      g_ptr_array_add (changes, g_strdup (data + at));
    }
  return changes->len == count ? g_steal_pointer (&changes) : NULL;
}
