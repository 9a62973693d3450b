/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/leftovers.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"

/* Between making a folder and locking it nobody may take it for a leftover; and a part of a download is worth something for a while.
 * In both directions: the clock may have been wrong when it was made. */
#define FOLDER_AGE 60
#define PART_AGE (7 * 24 * 60 * 60)

typedef struct
{
  const char *prefix, *suffix;
  gint64 age;
  gboolean folders;
} Wanted;

void
leftovers_hold (int fd)
{
  (void) flock (fd, LOCK_EX | LOCK_NB); /* nobody else has it, and a file system without locks has no protection to offer */
}

int
leftovers_mkdtemp (int dir_fd, const char *prefix, char **ret_name, GError **error)
{
  int fd = file_mkdtemp (dir_fd, prefix, ret_name, error);

  if (fd >= 0)
    leftovers_hold (fd);
  return fd;
}

/* Names are looked at before files: the folder may be a large one of the user. */
static gboolean
remove_wanted (int dir_fd, const Wanted *wanted, GError **error)
{
  g_autoptr (GPtrArray) names = file_list (dir_fd, wanted->prefix, error);
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  for (guint i = 0; names != NULL && i < names->len; i++)
    {
      const char *name = names->pdata[i];
      struct stat st;

      if (!g_str_has_prefix (name, wanted->prefix) || !g_str_has_suffix (name, wanted->suffix))
        continue;
      autofd fd = file_open (dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, NULL);
      if (fd < 0 || fstat (fd, &st) < 0 || (st.st_mode & S_IFMT) != (wanted->folders ? S_IFDIR : S_IFREG)
          || ABS (now - (gint64) st.st_mtim.tv_sec) < wanted->age || flock (fd, LOCK_EX | LOCK_NB) < 0)
        continue; /* gone meanwhile, or in use */
      if (!file_remove_tree (dir_fd, name, error))
        return FALSE;
    }
  return names != NULL;
}

gboolean
leftovers_remove_files (int dir_fd, const char *prefix, const char *suffix, GError **error)
{
  const Wanted wanted = { prefix, suffix, 0, FALSE };

  return remove_wanted (dir_fd, &wanted, error);
}

gboolean
leftovers_remove (const char *path, gboolean thorough, GError **error)
{
  static const struct
  {
    const char *folder;
    Wanted wanted;
  } kinds[] = {
    { ".", { "verify-", "", FOLDER_AGE, TRUE } },
    { ".", { "look-", "", FOLDER_AGE, TRUE } },
    { ".", { LEFTOVERS_BUSES, "", FOLDER_AGE, TRUE } },
    { "git", { ".tmp-", "", FOLDER_AGE, TRUE } },
    { "vcs", { ".tmp-", "", FOLDER_AGE, TRUE } },
    { "downloads", { ".part-", "", PART_AGE, FALSE } },
    { "downloads", { ".from-", "", PART_AGE, FALSE } },
  };
  autofd cache = file_open (AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, NULL);

  for (gsize i = 0; cache >= 0 && i < (thorough ? G_N_ELEMENTS (kinds) : 3); i++)
    {
      autofd dir = file_open_beneath (cache, kinds[i].folder, O_RDONLY | O_DIRECTORY, 0, NULL);

      if (dir >= 0 && !remove_wanted (dir, &kinds[i].wanted, error))
        return error_prefix (error, "the download cache '%s'", path);
    }
  return TRUE;
}
