/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A tree that comes from the cache must give the same image as one that was just built, and an image keeps
 * modes and hard links.  So they are recorded beside the content and put back after the checkout: first the
 * links, then the modes, each folder after what is in it (it may be read-only).
 */
#include "store/treecache-attributes.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

/* Which modes the repository gives back by itself. */
#define PLAIN_FILE_MODE 0644
#define PLAIN_PROGRAM_MODE 0755
#define PLAIN_DIR_MODE 0755

typedef struct
{
  GVariantBuilder modes;
  GVariantBuilder links;
  GHashTable *first_links;   /* "dev:ino" -> path of the first name seen */
} Recorder;

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

static GPtrArray *
list_names (int fd, const char *path, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  int copy = openat (fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *dir = copy < 0 ? NULL : fdopendir (copy);

  if (dir == NULL)
    {
      int saved = errno;
      file_close_fd (&copy);
      error_throw_errno (error, saved, "cannot list the folder '%s'", path);
      return NULL;
    }
  for (struct dirent *entry; (entry = readdir (dir)) != NULL;)
    if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0)
      g_ptr_array_add (names, g_strdup (entry->d_name));
  closedir (dir);
  g_ptr_array_sort (names, compare_names);
  return g_steal_pointer (&names);
}

static void
record_entry (Recorder *recorder, const char *path, const struct stat *st)
{
  guint mode = st->st_mode & 07777;
  guint plain = S_ISDIR (st->st_mode) ? PLAIN_DIR_MODE : (mode & 0100) != 0 ? PLAIN_PROGRAM_MODE : PLAIN_FILE_MODE;

  if (!S_ISDIR (st->st_mode) && st->st_nlink > 1)
    {
      g_autofree char *inode = g_strdup_printf ("%llu:%llu", (unsigned long long) st->st_dev,
                                                (unsigned long long) st->st_ino);
      const char *first = g_hash_table_lookup (recorder->first_links, inode);
      if (first != NULL)
        {
          g_variant_builder_add (&recorder->links, "(^ay^ay)", path, first);
          return; /* the mode is that of the inode */
        }
      g_hash_table_insert (recorder->first_links, g_steal_pointer (&inode), g_strdup (path));
    }
  if (!S_ISLNK (st->st_mode) && mode != plain)
    g_variant_builder_add (&recorder->modes, "(^ayu)", path, mode);
}

static gboolean
record_folder (Recorder *recorder, int fd, const char *folder, GError **error)
{
  g_autoptr (GPtrArray) names = list_names (fd, *folder == '\0' ? "." : folder, error);

  for (guint i = 0; names != NULL && i < names->len; i++)
    {
      const char *name = names->pdata[i];
      g_autofree char *path = g_build_filename (folder, name, NULL);
      struct stat st;

      if (fstatat (fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return error_throw_errno (error, errno, "cannot read '%s'", path);
      if (S_ISDIR (st.st_mode))
        {
          autofd sub_fd = openat (fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
          if (sub_fd < 0)
            return error_throw_errno (error, errno, "cannot open the folder '%s'", path);
          if (!record_folder (recorder, sub_fd, path, error))
            return FALSE;
        }
      else if (!S_ISREG (st.st_mode) && !S_ISLNK (st.st_mode))
        return error_throw (error, "'%s' is neither a file, a folder nor a symbolic link", path);
      record_entry (recorder, path, &st);
    }
  return names != NULL;
}

GVariant *
tree_attributes_record (int tree_fd, GError **error)
{
  Recorder recorder;
  struct stat st;
  GVariant *result = NULL;

  if (fstat (tree_fd, &st) < 0)
    {
      error_throw_errno (error, errno, "cannot read the folder to keep");
      return NULL;
    }
  g_variant_builder_init (&recorder.modes, G_VARIANT_TYPE ("a(ayu)"));
  g_variant_builder_init (&recorder.links, G_VARIANT_TYPE ("a(ayay)"));
  recorder.first_links = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (record_folder (&recorder, tree_fd, "", error))
    result = g_variant_new (TREE_ATTRIBUTES_TYPE, (guint32) (st.st_mode & 07777), &recorder.modes, &recorder.links);
  g_variant_builder_clear (&recorder.modes);
  g_variant_builder_clear (&recorder.links);
  g_hash_table_unref (recorder.first_links);
  return result;
}

/* The folder that holds `path`; *ret_name points into `path`. */
static int
open_parent (int tree_fd, const char *path, const char **ret_name, GError **error)
{
  const char *slash = strrchr (path, '/');
  g_autofree char *parent = slash == NULL ? g_strdup (".") : g_strndup (path, (gsize) (slash - path));

  *ret_name = slash == NULL ? path : slash + 1;
  return file_open_beneath (tree_fd, parent, O_PATH | O_DIRECTORY, 0, error);
}

static gboolean
apply_link (int tree_fd, const char *path, const char *first, GError **error)
{
  const char *name, *first_name;
  autofd parent = open_parent (tree_fd, path, &name, error);
  autofd first_parent = parent < 0 ? -1 : open_parent (tree_fd, first, &first_name, error);

  if (parent < 0 || first_parent < 0)
    return FALSE;
  if (unlinkat (parent, name, 0) < 0 || linkat (first_parent, first_name, parent, name, 0) < 0)
    return error_throw_errno (error, errno, "cannot link '%s' to '%s'", path, first);
  return TRUE;
}

static gboolean
apply_mode (int tree_fd, const char *path, guint32 mode, GError **error)
{
  const char *name;
  autofd parent = open_parent (tree_fd, path, &name, error);

  if (parent < 0)
    return FALSE;
  /* Never a symbolic link: record_entry() kept none, and the content was verified. */
  if (fchmodat (parent, name, mode & 07777, 0) < 0)
    return error_throw_errno (error, errno, "cannot set the mode of '%s'", path);
  return TRUE;
}

gboolean
tree_attributes_apply (int tree_fd, GVariant *attributes, GError **error)
{
  g_autoptr (GVariantIter) modes = NULL;
  g_autoptr (GVariantIter) links = NULL;
  const char *path, *first;
  guint32 root_mode, mode;

  g_variant_get (attributes, TREE_ATTRIBUTES_TYPE, &root_mode, &modes, &links);
  while (g_variant_iter_next (links, "(^&ay^&ay)", &path, &first))
    if (!apply_link (tree_fd, path, first, error))
      return FALSE;
  while (g_variant_iter_next (modes, "(^&ayu)", &path, &mode))
    if (!apply_mode (tree_fd, path, mode, error))
      return FALSE;
  if (fchmod (tree_fd, root_mode & 07777) < 0)
    return error_throw_errno (error, errno, "cannot set the mode of the folder");
  return TRUE;
}
