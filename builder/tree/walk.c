/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/tree/walk.h"

#include <errno.h>

#include "base/error.h"
#include "base/file.h"

/* One descriptor is open per level, so the depth is bounded well below the usual limit of 1024 descriptors. */
#define DEPTH_MAX 512

typedef struct
{
  gboolean open_up;
  TreeVisit visit;
  gpointer data;
} Walk;

static int
open_directory (const Walk *walk, const TreeEntry *entry, GError **error)
{
  /* The mode is changed through an O_PATH descriptor's /proc entry, never by name: fchmodat(2) would follow a link. */
  autofd fd = file_open (entry->parent_fd, entry->name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0, error);

  if (fd < 0)
    return -1;
  if (walk->open_up && (entry->st.st_mode & 0700) != 0700)
    {
      g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", fd);

      if (chmod (link, (entry->st.st_mode & 07777) | 0700) < 0)
        {
          error_throw_errno (error, errno, "cannot make the directory '%s' readable", entry->path);
          return -1;
        }
    }
  return file_steal_fd (&fd);
}

static gboolean
walk_directory (const Walk *walk, int dir_fd, const char *path, unsigned depth, GError **error)
{
  g_autoptr (GPtrArray) names = NULL;

  if (depth > DEPTH_MAX)
    return error_throw (error, "the tree is nested deeper than %d directories at '%s'", DEPTH_MAX, path);
  names = file_list (dir_fd, *path != '\0' ? path : ".", error);
  if (names == NULL)
    return FALSE;
  for (guint i = 0; i < names->len; i++)
    {
      const char *name = names->pdata[i];
      g_autofree char *child = *path != '\0' ? g_strconcat (path, "/", name, NULL) : g_strdup (name);
      TreeEntry entry = { .parent_fd = dir_fd, .name = name, .path = child };

      if (fstatat (dir_fd, name, &entry.st, AT_SYMLINK_NOFOLLOW) < 0)
        return error_throw_errno (error, errno, "cannot look at '%s'", child);
      if (!S_ISDIR (entry.st.st_mode))
        {
          if (!walk->visit (&entry, walk->data, error))
            return FALSE;
          continue;
        }
      autofd fd = open_directory (walk, &entry, error);
      if (fd < 0 || !walk->visit (&entry, walk->data, error)
          || !walk_directory (walk, fd, child, depth + 1, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
tree_walk (int root_fd, gboolean open_up, TreeVisit visit, gpointer data, GError **error)
{
  const Walk walk = { open_up, visit, data };

  return walk_directory (&walk, root_fd, "", 0, error);
}

gboolean
tree_list (int dir_fd, TreeVisit visit, gpointer data, GError **error)
{
  g_autoptr (GPtrArray) names = file_list (dir_fd, ".", error);

  for (guint i = 0; names != NULL && i < names->len; i++)
    {
      TreeEntry entry = { .parent_fd = dir_fd, .name = names->pdata[i], .path = names->pdata[i] };

      if (fstatat (dir_fd, entry.name, &entry.st, AT_SYMLINK_NOFOLLOW) < 0)
        return error_throw_errno (error, errno, "cannot look at '%s'", entry.name);
      if (!visit (&entry, data, error))
        return FALSE;
    }
  return names != NULL;
}
