/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/tree/locales.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/tree/walk.h"

#define DEPTH_MAX 64

static gboolean
add_name (const TreeEntry *entry, gpointer data, GError **error)
{
  g_ptr_array_add (data, g_strdup (entry->name));
  return TRUE;
}

static gboolean
add_folder (const TreeEntry *entry, gpointer data, GError **error)
{
  return !S_ISDIR (entry->st.st_mode) || add_name (entry, data, error);
}

static gboolean move_entry (int from_fd, const char *name, int to_fd, guint depth, GError **error);

static gboolean
merge_folder (int from_fd, const char *name, int to_fd, guint depth, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  autofd from = file_open_beneath (from_fd, name, O_RDONLY | O_DIRECTORY, 0, error);
  autofd to = from >= 0 ? file_open_beneath (to_fd, name, O_RDONLY | O_DIRECTORY, 0, error) : -1;

  if (to < 0 || !tree_list (from, add_name, names, error))
    return FALSE;
  if (depth == DEPTH_MAX)
    return error_throw_code (error, ERROR_REFUSED, "'%s' lies too deep", name);
  for (guint i = 0; i < names->len; i++)
    if (!move_entry (from, names->pdata[i], to, depth + 1, error))
      return FALSE;
  return unlinkat (from_fd, name, AT_REMOVEDIR) == 0 || error_throw_errno (error, errno, "cannot remove '%s'", name);
}

static gboolean
is_folder (int dir_fd, const char *name)
{
  struct stat st;

  return fstatat (dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR (st.st_mode);
}

/* A folder that is there already gets what it does not have; of two files the newer one, that of from_fd, stays. */
static gboolean
move_entry (int from_fd, const char *name, int to_fd, guint depth, GError **error)
{
  if (is_folder (from_fd, name) && is_folder (to_fd, name))
    return merge_folder (from_fd, name, to_fd, depth, error);
  return renameat (from_fd, name, to_fd, name) == 0 || error_throw_errno (error, errno, "cannot move '%s'", name);
}

/* "pt" of "pt_BR.UTF-8@x".  Caller frees. */
static char *
language_of (const char *name)
{
  return g_strndup (name, strcspn (name, "@_."));
}

static gboolean
move_language (int files_fd, int locale_fd, const char *name, const char *half, GError **error)
{
  g_autofree char *language = language_of (name);
  g_autofree char *below = g_build_filename (language, half, NULL);
  g_autofree char *folder = g_build_filename (LOCALES_FOLDER, below, NULL);
  g_autofree char *target = g_build_filename ("../..", folder, name, NULL);

  if (*language == '\0' || strcmp (language, "en") == 0 || strcmp (language, "C") == 0)
    return TRUE;
  autofd to = file_mkdir_p (files_fd, folder, 0755, error);
  if (to < 0 || !move_entry (locale_fd, name, to, 0, error))
    return FALSE;
  return symlinkat (target, locale_fd, name) == 0 || error_throw_errno (error, errno, "cannot make a link '%s'", name);
}

gboolean
locales_move (int files_fd, GError **error)
{
  static const char *const halves[] = { "lib", "share" };

  for (gsize i = 0; i < G_N_ELEMENTS (halves); i++)
    {
      g_autofree char *folder = g_build_filename (halves[i], "locale", NULL);
      g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
      autofd locale = file_open_beneath (files_fd, folder, O_RDONLY | O_DIRECTORY, 0, NULL);

      if (locale >= 0 && !tree_list (locale, add_folder, names, error))
        return FALSE;
      for (guint j = 0; j < names->len; j++)
        if (!move_language (files_fd, locale, names->pdata[j], halves[i], error))
          return error_prefix (error, "cannot move the translations in %s/%s to " LOCALES_FOLDER, folder, (char *) names->pdata[j]);
    }
  return TRUE;
}
