/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/collect.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/record.h"
#include "builder/tree/walk.h"
#include "builder/writable.h"
#include "store/treecache.h"

#define LIMIT_DEFAULT (G_GUINT64_CONSTANT (10) * 1000 * 1000 * 1000)

static gboolean
add_size (const TreeEntry *entry, gpointer data, GError **error)
{
  guint64 *size = data;

  *size += (guint64) entry->st.st_blocks * 512;
  return TRUE;
}

gboolean
collect_size (const BuildState *state, guint64 *ret_size, GError **error)
{
  guint64 size = 0;

  if (!tree_walk (state->dir_fd, FALSE, add_size, &size, error))
    return error_prefix (error, "state directory '%s'", state->path);
  *ret_size = size;
  return TRUE;
}

/* The keys of the last results. */
static gboolean
read_key (const TreeEntry *entry, gpointer data, GError **error)
{
  g_autofree char *key = record_read_key (entry->parent_fd, entry->name);

  if (key != NULL)
    g_hash_table_add (data, g_steal_pointer (&key));
  return TRUE;
}

static gboolean
add_name (const TreeEntry *entry, gpointer data, GError **error)
{
  g_ptr_array_add (data, g_strdup (entry->name));
  return TRUE;
}

static gboolean
remove_trees (const BuildState *state, GHashTable *keep, GError **error)
{
  g_autoptr (TreeCache) cache = treecache_open (state->dir_fd, "cache", error);
  g_autoptr (GPtrArray) keys = cache != NULL ? treecache_list (cache, error) : NULL;
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GHashTableIter iter;
  gpointer key;

  if (keys == NULL)
    return FALSE;
  g_hash_table_iter_init (&iter, keep);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      g_hash_table_add (names, record_cache_key (key));
      for (WritableTree which = 0; which < N_WRITABLE; which++)
        g_hash_table_add (names, writable_cache_key (key, which));
    }
  for (guint i = 0; i < keys->len; i++)
    if (!g_hash_table_contains (names, keys->pdata[i]) && !treecache_remove (cache, keys->pdata[i], error))
      return FALSE;
  return treecache_prune (cache, error);
}

static gboolean
remove_changes (const BuildState *state, GHashTable *keep, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  autofd dir = build_state_dir (state, "changes", error);

  if (dir < 0 || !tree_walk (dir, FALSE, add_name, names, error))
    return FALSE;
  for (guint i = 0; i < names->len; i++)
    if (!g_hash_table_contains (keep, names->pdata[i]) && !file_remove_tree (dir, names->pdata[i], error))
      return FALSE;
  return TRUE;
}

gboolean
collect_state (const BuildState *state, GError **error)
{
  g_autoptr (GHashTable) keep = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  autofd parts = build_state_dir (state, "parts", error);

  if (parts < 0 || !tree_walk (parts, FALSE, read_key, keep, error))
    return FALSE;
  return remove_trees (state, keep, error) && remove_changes (state, keep, error);
}

gboolean
collect_parse_size (const char *text, guint64 *ret_size, GError **error)
{
  static const char units[] = "kMGT";
  char *end = NULL;
  guint64 number = g_ascii_isdigit (*text) ? g_ascii_strtoull (text, &end, 10) : 0;
  guint64 factor = 1;

  if (end != NULL && *end != '\0')
    {
      const char *unit = strchr (units, *end == 'K' ? 'k' : *end);

      for (const char *at = units; unit != NULL && at <= unit; at++)
        factor *= 1000;
      if (unit == NULL || end[1] != '\0')
        end = NULL;
    }
  if (end == NULL || number > G_MAXUINT64 / factor)
    return error_throw_code (error, ERROR_USAGE, "'%s' is not a size; write a number of bytes, or 500M, 10G", text);
  *ret_size = number * factor;
  return TRUE;
}

gboolean
collect_environment_size (const char *variable, guint64 standard, guint64 *ret_size, GError **error)
{
  const char *text = g_getenv (variable);

  *ret_size = standard;
  return text == NULL || *text == '\0' || collect_parse_size (text, ret_size, error) || error_prefix (error, "%s", variable);
}

gboolean
collect_limit (guint64 *ret_limit, GError **error)
{
  return collect_environment_size ("NACELLE_BUILD_CACHE_SIZE", LIMIT_DEFAULT, ret_limit, error);
}
