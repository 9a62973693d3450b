/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/collect-downloads.h"

#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/sources/cache.h"
#include "builder/tree/walk.h"

static gint64
age_of (const TreeEntry *entry)
{
  return g_get_real_time () / G_USEC_PER_SEC - (gint64) entry->st.st_mtim.tv_sec;
}

typedef struct
{
  gint64 age;
  guint64 *freed;
} Removal;

static gboolean
add_size (const TreeEntry *entry, gpointer data, GError **error)
{
  guint64 *size = data;

  *size += (guint64) entry->st.st_blocks * 512;
  return TRUE;
}

static gboolean
remove_old (const TreeEntry *entry, gpointer data, GError **error)
{
  const Removal *removal = data;
  g_autoptr (GError) local = NULL;
  autofd lock_fd = -1;
  guint64 size = (guint64) entry->st.st_blocks * 512;

  if (entry->name[0] == '.' || age_of (entry) < removal->age)
    return TRUE;
  lock_fd = cache_lock (entry->parent_fd, entry->name, FALSE, &local);
  if (lock_fd < 0 && g_error_matches (local, ERROR_DOMAIN, ERROR_UNAVAILABLE))
    return TRUE;
  if (S_ISDIR (entry->st.st_mode))
    {
      autofd dir = file_open_beneath (entry->parent_fd, entry->name, O_RDONLY | O_DIRECTORY, 0, error);

      if (dir < 0 || !tree_walk (dir, FALSE, add_size, &size, error))
        return FALSE;
    }
  if (!file_remove_tree (entry->parent_fd, entry->name, error))
    return FALSE;
  *removal->freed += size;
  return TRUE;
}

gboolean
collect_downloads (const char *path, gint64 age, guint64 *freed, GError **error)
{
  static const char *const folders[] = { "downloads", "git", "vcs" };
  autofd cache = file_open (AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, NULL);
  Removal removal = { age, freed };

  for (gsize i = 0; cache >= 0 && i < G_N_ELEMENTS (folders); i++)
    {
      autofd dir = file_open_beneath (cache, folders[i], O_RDONLY | O_DIRECTORY, 0, NULL);

      if (dir >= 0 && !tree_list (dir, remove_old, &removal, error))
        return error_prefix (error, "the download cache '%s'", path);
    }
  return TRUE;
}
