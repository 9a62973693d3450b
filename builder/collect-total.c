/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/collect-total.h"

#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/collect-downloads.h"
#include "builder/collect.h"
#include "builder/sources/cache.h"

#define LIMIT_DEFAULT (G_GUINT64_CONSTANT (50) * 1000 * 1000 * 1000)
#define LOCK_NAME "use"
#define STAMP_NAME "collected"
#define SECONDS_A_DAY (24 * 60 * 60)

typedef struct
{
  const char *folder;        /* of a download: static, below the cache; NULL: a state directory */
  char *name;                /* in it, or the path of the state directory */
  guint64 size;
  gint64 used;
} Item;

static void
item_free (gpointer data)
{
  Item *item = data;

  g_free (item->name);
  g_free (item);
}

static void
add_item (GPtrArray *items, const char *folder, const char *name, guint64 size, gint64 used)
{
  Item *item = g_new (Item, 1);

  *item = (Item){ folder, g_strdup (name), size, used };
  g_ptr_array_add (items, item);
}

static gint
compare_used (gconstpointer a, gconstpointer b)
{
  const Item *left = *(const Item *const *) a, *right = *(const Item *const *) b;

  return left->used < right->used ? -1 : left->used > right->used ? 1 : g_strcmp0 (left->name, right->name);
}

int
collect_use (int cache_fd)
{
  return file_lock (cache_fd, LOCK_NAME, FALSE, TRUE, NULL);
}

/* ---- looking ----------------------------------------------------------------------------------------------------------- */

/* One that is in use counts, but is left alone: how large, nobody can say while it grows. */
static gboolean
look_at_state (const char *path, GPtrArray *items, CollectResult *result, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (BuildState) state = build_state_try (path, &local);
  guint64 before, after;

  if (state == NULL && g_error_matches (local, ERROR_DOMAIN, ERROR_UNAVAILABLE))
    {
      g_ptr_array_add (result->told, g_strdup_printf ("in use, left alone: %s", path));
      return TRUE;
    }
  if (state == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (!collect_size (state, &before, error) || !build_state_end_work (state, error) || !collect_state (state, error)
      || !collect_size (state, &after, error))
    return FALSE;
  add_item (items, NULL, path, after, build_state_used (state));
  result->freed += before > after ? before - after : 0;
  return TRUE;
}

static gboolean
look_at_states (const char *cache_path, GPtrArray *items, CollectResult *result, GError **error)
{
  g_autofree char *folder = g_build_filename (cache_path, "build", NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);

  for (const char *name = dir != NULL ? g_dir_read_name (dir) : NULL; name != NULL; name = g_dir_read_name (dir))
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      if (build_state_exists (path) && !look_at_state (path, items, result, error))
        return FALSE;
    }
  return TRUE;
}

static void
add_download (const char *folder, const char *name, guint64 size, gint64 used, gpointer data)
{
  add_item (data, folder, name, size, used);
}

/* ---- removing ---------------------------------------------------------------------------------------------------------- */

/* What somebody uses meanwhile stays. */
static gboolean
empty_state (const char *path, gboolean *ret_removed, GError **error)
{
  static const char *const names[] = { "cache", "changes", "parts", "images", "logs", "build", "ccache", "work" };
  g_autoptr (BuildState) state = build_state_try (path, NULL);

  *ret_removed = FALSE;
  if (state == NULL)
    return TRUE;
  /* The folder, its mark and its lock stay: another build may be waiting for the lock. */
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (!file_remove_tree (state->dir_fd, names[i], error))
      return FALSE;
  *ret_removed = TRUE;
  return TRUE;
}

static gboolean
remove_item (const Item *item, int cache_fd, CollectResult *result, gboolean *ret_removed, GError **error)
{
  if (item->folder != NULL)
    return collect_download_remove (cache_fd, item->folder, item->name, ret_removed, error);
  if (!empty_state (item->name, ret_removed, error))
    return FALSE;
  if (*ret_removed)
    g_ptr_array_add (result->told, g_strdup_printf ("emptied %s", item->name));
  return TRUE;
}

static gboolean
remove_oldest (GPtrArray *items, guint64 max, int cache_fd, gboolean alone, CollectResult *result, GError **error)
{
  guint64 total = 0;
  guint n_downloads = 0;

  for (guint i = 0; i < items->len; i++)
    total += ((const Item *) items->pdata[i])->size;
  g_ptr_array_sort (items, compare_used);
  for (guint i = 0; i < items->len && total > max; i++)
    {
      const Item *item = items->pdata[i];
      gboolean removed = FALSE;

      if (item->folder != NULL && !alone)
        continue;
      if (!remove_item (item, cache_fd, result, &removed, error))
        return FALSE;
      if (!removed)
        continue;
      n_downloads += item->folder != NULL;
      total -= item->size;
      result->freed += item->size;
    }
  if (n_downloads > 0)
    g_ptr_array_add (result->told, g_strdup_printf ("removed %u download%s", n_downloads, n_downloads == 1 ? "" : "s"));
  if (total > max && !alone)
    g_ptr_array_add (result->told, g_strdup ("a build or fetch is running: downloads are left alone"));
  return TRUE;
}

/* The lock of who builds or fetches, for us alone; *fd is the caller's own or becomes ours. */
static gboolean
be_alone (int cache_fd, int use_fd, int *fd)
{
  if (use_fd >= 0)
    return flock (use_fd, LOCK_EX | LOCK_NB) == 0;
  *fd = file_lock (cache_fd, LOCK_NAME, TRUE, FALSE, NULL);
  return *fd >= 0;
}

gboolean
collect_total (const char *cache_path, const char *state_dir, guint64 max, int use_fd, CollectResult *result, GError **error)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func (item_free);
  autofd cache_fd = file_open (AT_FDCWD, cache_path, O_RDONLY | O_DIRECTORY, 0, NULL);
  autofd own = -1;

  if (state_dir != NULL)
    return look_at_state (state_dir, items, result, error) && remove_oldest (items, max, -1, FALSE, result, error);
  if (cache_fd < 0)
    return TRUE;
  if (!look_at_states (cache_path, items, result, error)
      || (max != G_MAXUINT64 && !collect_downloads_list (cache_fd, add_download, items, error)))
    return FALSE;
  gboolean alone = be_alone (cache_fd, use_fd, &own);
  gboolean ok = remove_oldest (items, max, cache_fd, alone, result, error);
  if (alone && use_fd >= 0)
    (void) flock (use_fd, LOCK_SH | LOCK_NB); /* it is ours: nobody can be in the way */
  return ok;
}

gboolean
collect_total_limit (guint64 *ret_limit, GError **error)
{
  return collect_environment_size ("NACELLE_CACHE_SIZE", LIMIT_DEFAULT, ret_limit, error);
}

gboolean
collect_total_daily (int cache_fd, int use_fd, GError **error)
{
  g_autofree char *path = g_build_filename (g_get_user_cache_dir (), "nacelle", NULL);
  CollectResult result = { 0, NULL };
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  struct stat st;
  guint64 limit;

  if (!collect_total_limit (&limit, error))
    return FALSE;
  /* In both directions: the clock may have been wrong. */
  if (fstatat (cache_fd, STAMP_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0 && ABS (now - (gint64) st.st_mtim.tv_sec) < SECONDS_A_DAY)
    return TRUE;
  if (!file_write_unsynced (cache_fd, STAMP_NAME, "", 0, 0644, NULL))
    return TRUE; /* read-only */
  result.told = g_ptr_array_new_with_free_func (g_free);
  (void) collect_total (path, NULL, limit, use_fd, &result, NULL);
  g_ptr_array_unref (result.told);
  return TRUE;
}
