/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdio.h>

#include "base/error.h"
#include "base/file.h"
#include "base/terminal.h"
#include "builder/collect.h"
#include "builder/collect-downloads.h"
#include "builder/leftovers.h"
#include "builder/verbs.h"

#define DESCRIPTION                                                                \
  "Removes from the cache the results of modules that are not those of the last\n" \
  "build of their manifest; with --max-size also all of the manifests that were\n" \
  "not built for the longest time, with --older-than also downloads that nothing\n" \
  "has asked for meanwhile.  Only costs time: a build makes and fetches them again."

/* One state directory. */
typedef struct
{
  char *path;
  guint64 size;
  gint64 used;
} Entry;

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->path);
  g_free (entry);
}

static gint
compare_used (gconstpointer a, gconstpointer b)
{
  const Entry *left = *(const Entry *const *) a, *right = *(const Entry *const *) b;

  return left->used < right->used ? -1 : left->used > right->used ? 1 : g_strcmp0 (left->path, right->path);
}

/* Appends to `entries`; one that is in use is left alone and told. */
static gboolean
collect_one (const char *path, GPtrArray *entries, guint64 *freed, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (BuildState) state = build_state_try (path, &local);
  guint64 before, after;

  if (state == NULL && g_error_matches (local, ERROR_DOMAIN, ERROR_UNAVAILABLE))
    {
      g_autofree char *safe = terminal_escape (path, FALSE);
      printf ("in use, left alone: %s\n", safe);
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
  Entry *entry = g_new (Entry, 1);
  entry->path = g_strdup (path);
  entry->size = after;
  entry->used = build_state_used (state);
  g_ptr_array_add (entries, entry);
  *freed += before > after ? before - after : 0;
  return TRUE;
}

static gboolean
collect_folder (const char *folder, GPtrArray *entries, guint64 *freed, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);

  for (const char *name = dir != NULL ? g_dir_read_name (dir) : NULL; name != NULL; name = g_dir_read_name (dir))
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      if (build_state_exists (path) && !collect_one (path, entries, freed, error))
        return FALSE;
    }
  return TRUE;
}

/* What somebody uses meanwhile stays. */
static gboolean
remove_whole (const Entry *entry, gboolean *ret_removed, GError **error)
{
  static const char *const names[] = { "cache", "changes", "parts", "images", "logs", "build", "work" };
  g_autoptr (BuildState) state = build_state_try (entry->path, NULL);

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
remove_oldest (GPtrArray *entries, guint64 max, guint64 *freed, GError **error)
{
  guint64 total = 0;

  for (guint i = 0; i < entries->len; i++)
    total += ((const Entry *) entries->pdata[i])->size;
  g_ptr_array_sort (entries, compare_used);
  for (guint i = 0; i < entries->len && total > max; i++)
    {
      const Entry *entry = entries->pdata[i];
      gboolean removed;

      if (!remove_whole (entry, &removed, error))
        return FALSE;
      if (!removed)
        continue;
      total -= entry->size;
      *freed += entry->size;
      g_autofree char *safe = terminal_escape (entry->path, FALSE);
      printf ("emptied %s\n", safe);
    }
  return TRUE;
}

static int
run (int argc, char **argv, GError **error)
{
  g_autofree char *max_size = NULL, *state_dir = NULL;
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func (entry_free);
  gint days = -1;
  gboolean done = FALSE;
  guint64 max = G_MAXUINT64, freed = 0;
  const GOptionEntry options[] = {
    { "max-size", 0, 0, G_OPTION_ARG_STRING, &max_size, "Keep no more than SIZE in all (500M, 10G)", "SIZE" },
    { "older-than", 0, 0, G_OPTION_ARG_INT, &days, "Remove downloads that were not used for so long", "DAYS" },
    { "state-dir", 0, 0, G_OPTION_ARG_FILENAME, &state_dir, "Only the state directory DIR", "DIR" },
    { NULL },
  };

  if (!verb_parse_options (&verb_gc, DESCRIPTION, options, FALSE, &argc, &argv, &done, error))
    return -1;
  if (done)
    return 0;
  if (argc > 1)
    {
      error_throw_code (error, ERROR_USAGE, "'%s' is one argument too many; a state directory is named with --state-dir", argv[1]);
      return -1;
    }
  if (days < -1 || (days >= 0 && state_dir != NULL))
    {
      error_throw_code (error, ERROR_USAGE, "--older-than takes a number of days, without --state-dir: it is about downloads");
      return -1;
    }
  if (max_size != NULL && !collect_parse_size (max_size, &max, error))
    return -1;
  g_autofree char *downloads = g_build_filename (g_get_user_cache_dir (), "nacelle", NULL);
  g_autofree char *folder = g_build_filename (downloads, "build", NULL);
  if (state_dir == NULL && !leftovers_remove (downloads, TRUE, error))
    return -1;
  if (days >= 0 && !collect_downloads (downloads, (gint64) days * COLLECT_DAY, &freed, error))
    return -1;
  if (!(state_dir != NULL ? collect_one (state_dir, entries, &freed, error) : collect_folder (folder, entries, &freed, error))
      || !remove_oldest (entries, max, &freed, error))
    return -1;
  printf ("freed %.1f MB\n", (double) freed / 1e6);
  return 0;
}

const Verb verb_gc = { "gc", "", "Make room in the cache of built modules", run };
