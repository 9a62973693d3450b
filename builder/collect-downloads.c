/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/collect-downloads.h"

#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/sources/cache.h"
#include "builder/tree/walk.h"

typedef struct
{
  const char *folder;
  CollectDownload add;
  gpointer data;
} Listing;

static gboolean
add_size (const TreeEntry *entry, gpointer data, GError **error)
{
  guint64 *size = data;

  *size += (guint64) entry->st.st_blocks * 512;
  return TRUE;
}

static gboolean
list_one (const TreeEntry *entry, gpointer data, GError **error)
{
  const Listing *listing = data;
  guint64 size = (guint64) entry->st.st_blocks * 512;

  if (entry->name[0] == '.')
    return TRUE;
  if (S_ISDIR (entry->st.st_mode))
    {
      autofd dir = file_open_beneath (entry->parent_fd, entry->name, O_RDONLY | O_DIRECTORY, 0, error);

      if (dir < 0 || !tree_walk (dir, FALSE, add_size, &size, error))
        return FALSE;
    }
  listing->add (listing->folder, entry->name, size, (gint64) entry->st.st_mtim.tv_sec, listing->data);
  return TRUE;
}

gboolean
collect_downloads_list (int cache_fd, CollectDownload add, gpointer data, GError **error)
{
  static const char *const folders[] = { "downloads", "git", "vcs" };

  for (gsize i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      Listing listing = { folders[i], add, data };
      autofd dir = file_open_beneath (cache_fd, folders[i], O_RDONLY | O_DIRECTORY, 0, NULL);

      if (dir >= 0 && !tree_list (dir, list_one, &listing, error))
        return error_prefix (error, "the download cache");
    }
  return TRUE;
}

gboolean
collect_download_remove (int cache_fd, const char *folder, const char *name, gboolean *ret_removed, GError **error)
{
  g_autoptr (GError) local = NULL;
  autofd dir = file_open_beneath (cache_fd, folder, O_RDONLY | O_DIRECTORY, 0, error);
  autofd lock_fd = dir >= 0 ? cache_lock (dir, name, FALSE, &local) : -1;

  *ret_removed = FALSE;
  if (dir < 0)
    return FALSE;
  if (lock_fd < 0 && g_error_matches (local, ERROR_DOMAIN, ERROR_UNAVAILABLE))
    return TRUE;
  *ret_removed = file_remove_tree (dir, name, error);
  return *ret_removed;
}

typedef struct
{
  int cache_fd;
  gint64 before;
  guint64 *freed;
  GError *error;
} Removal;

static void
remove_old (const char *folder, const char *name, guint64 size, gint64 used, gpointer data)
{
  Removal *removal = data;
  gboolean removed = FALSE;

  if (removal->error == NULL && used <= removal->before
      && collect_download_remove (removal->cache_fd, folder, name, &removed, &removal->error) && removed)
    *removal->freed += size;
}

gboolean
collect_downloads (int cache_fd, gint64 age, guint64 *freed, GError **error)
{
  Removal removal = { cache_fd, g_get_real_time () / G_USEC_PER_SEC - age, freed, NULL };
  gboolean ok = collect_downloads_list (cache_fd, remove_old, &removal, error);

  if (removal.error == NULL)
    return ok;
  g_clear_error (error);
  g_propagate_error (error, removal.error);
  return FALSE;
}
