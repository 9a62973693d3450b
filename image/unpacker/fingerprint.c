/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/unpacker/fingerprint.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

/* Called for each entry, parents first; `dir_fd` and `name` lead to it. */
typedef gboolean (*EntryFunc) (int dir_fd, const char *name, const struct stat *st, gpointer user, GError **error);

static int
name_compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static GPtrArray *
names_read (int fd, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  autofd own = openat (fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *dir = own < 0 ? NULL : fdopendir (own);
  struct dirent *entry;

  if (dir == NULL)
    {
      error_throw_errno (error, errno, "Cannot read an unpacked folder");
      return NULL;
    }
  own = -1;
  while ((entry = readdir (dir)) != NULL)
    if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0)
      g_ptr_array_add (names, g_strdup (entry->d_name));
  closedir (dir);
  g_ptr_array_sort (names, name_compare);
  return g_steal_pointer (&names);
}

static gboolean
tree_walk (int fd, EntryFunc func, gpointer user, GError **error)
{
  g_autoptr (GPtrArray) names = names_read (fd, error);

  for (guint i = 0; names != NULL && i < names->len; i++)
    {
      const char *name = names->pdata[i];
      struct stat st;
      autofd sub = -1;

      if (fstatat (fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return error_throw_errno (error, errno, "Cannot examine the unpacked file %s", name);
      if (!func (fd, name, &st, user, error))
        return FALSE;
      if (!S_ISDIR (st.st_mode))
        continue;
      sub = openat (fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (sub < 0)
        return error_throw_errno (error, errno, "Cannot open the unpacked folder %s", name);
      if (!tree_walk (sub, func, user, error))
        return FALSE;
    }
  return names != NULL;
}

static gboolean
entry_digest (int dir_fd, const char *name, const struct stat *st, gpointer user, GError **error)
{
  GChecksum *checksum = user;
  const gint64 facts[] = { st->st_mode, st->st_ino, st->st_size, st->st_nlink, st->st_uid, st->st_mtim.tv_sec,
                           st->st_mtim.tv_nsec, st->st_ctim.tv_sec, st->st_ctim.tv_nsec };

  g_checksum_update (checksum, (const guchar *) name, (gssize) strlen (name) + 1);
  g_checksum_update (checksum, (const guchar *) facts, sizeof facts);
  return TRUE;
}

char *
fingerprint_tree (int dir_fd, GError **error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  if (!tree_walk (dir_fd, entry_digest, checksum, error))
    return NULL;
  return g_strdup (g_checksum_get_string (checksum));
}

static gboolean
entry_make_read_only (int dir_fd, const char *name, const struct stat *st, gpointer user, GError **error)
{
  if (!S_ISLNK (st->st_mode) && fchmodat (dir_fd, name, st->st_mode & 0555, 0) < 0)
    return error_throw_errno (error, errno, "Cannot make the unpacked file %s read-only", name);
  return TRUE;
}

gboolean
tree_make_read_only (int dir_fd, GError **error)
{
  return tree_walk (dir_fd, entry_make_read_only, NULL, error);
}
