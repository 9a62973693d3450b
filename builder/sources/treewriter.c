/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/sources/treewriter.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

/* Times outside of this range overflow somewhere; 1980 is the oldest that every format knows. */
#define TREE_TIME_MIN G_GINT64_CONSTANT (315532800)
#define TREE_TIME_MAX G_GINT64_CONSTANT (4294967295)

typedef struct
{
  char *path;
  gint64 mtime;
} DirectoryTime;

struct TreeWriter
{
  int tree_fd;
  /* Entries come sorted by directory in most archives: the last parent stays open. */
  char *parent;
  int parent_fd;
  GArray *times;
};

static void
directory_time_clear (DirectoryTime *time)
{
  g_free (time->path);
}

TreeWriter *
tree_writer_new (int tree_fd)
{
  TreeWriter *writer = g_new0 (TreeWriter, 1);

  writer->tree_fd = tree_fd;
  writer->parent_fd = -1;
  writer->times = g_array_new (FALSE, FALSE, sizeof (DirectoryTime));
  g_array_set_clear_func (writer->times, (GDestroyNotify) directory_time_clear);
  return writer;
}

void
tree_writer_free (TreeWriter *writer)
{
  file_close_fd (&writer->parent_fd);
  g_free (writer->parent);
  g_array_unref (writer->times);
  g_free (writer);
}

gboolean
tree_path_clean (const char *path, unsigned strip, char **ret_path, GError **error)
{
  g_autoptr (GString) clean = g_string_new (NULL);

  if (path[0] == '/')
    return error_throw_code (error, ERROR_REFUSED, "\"%s\" is an absolute path", path);
  for (const char *p = path; *p != '\0';)
    {
      gsize length = strcspn (p, "/");

      if (length == 2 && p[0] == '.' && p[1] == '.')
        return error_throw_code (error, ERROR_REFUSED, "\"%s\" leads out of the directory with \"..\"", path);
      if (length > NAME_MAX)
        return error_throw_code (error, ERROR_REFUSED, "A name in \"%.100s...\" is longer than %d bytes", path, NAME_MAX);
      if (length > 0 && !(length == 1 && p[0] == '.'))
        {
          if (strip > 0)
            strip--;
          else
            {
              if (clean->len > 0)
                g_string_append_c (clean, '/');
              g_string_append_len (clean, p, length);
            }
        }
      p += length;
      p += strspn (p, "/");
    }
  if (clean->len >= PATH_MAX)
    return error_throw_code (error, ERROR_REFUSED, "The path \"%.100s...\" is too long", path);
  *ret_path = clean->len > 0 ? g_string_free (g_steal_pointer (&clean), FALSE) : NULL;
  return TRUE;
}

static void
tree_writer_forget_parent (TreeWriter *writer)
{
  file_close_fd (&writer->parent_fd);
  g_clear_pointer (&writer->parent, g_free);
}

/* A descriptor (owned by the writer) of the directory of `path`, created when missing; *ret_base points into `path`. */
static int
tree_writer_parent (TreeWriter *writer, const char *path, const char **ret_base, GError **error)
{
  const char *slash = strrchr (path, '/');
  g_autofree char *parent = NULL;
  int fd;

  *ret_base = slash != NULL ? slash + 1 : path;
  if (slash == NULL)
    return writer->tree_fd;
  parent = g_strndup (path, slash - path);
  if (writer->parent != NULL && strcmp (parent, writer->parent) == 0)
    return writer->parent_fd;
  fd = file_mkdir_p (writer->tree_fd, parent, 0755, error);
  if (fd < 0)
    return -1;
  tree_writer_forget_parent (writer);
  writer->parent = g_steal_pointer (&parent);
  writer->parent_fd = fd;
  return fd;
}

/* Make the name free.  A directory goes only when it is empty. */
static gboolean
tree_writer_free_name (TreeWriter *writer, int parent_fd, const char *base, const char *path, GError **error)
{
  struct stat st;

  if (fstatat (parent_fd, base, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return errno == ENOENT || error_throw_errno (error, errno, "Cannot look at %s", path);
  if (unlinkat (parent_fd, base, S_ISDIR (st.st_mode) ? AT_REMOVEDIR : 0) < 0)
    return error_throw_errno (error, errno, "Cannot replace %s%s", S_ISDIR (st.st_mode) ? "the directory " : "", path);
  if (S_ISDIR (st.st_mode))
    tree_writer_forget_parent (writer);
  return TRUE;
}

/* tree_writer_parent() and a free name in it; the descriptor stays valid until the next call. */
static int
tree_writer_place (TreeWriter *writer, const char *path, const char **ret_base, GError **error)
{
  int parent_fd = tree_writer_parent (writer, path, ret_base, error);

  if (parent_fd < 0 || !tree_writer_free_name (writer, parent_fd, *ret_base, path, error))
    return -1;
  return tree_writer_parent (writer, path, ret_base, error);
}

static void
tree_times (gint64 mtime, struct timespec times[2])
{
  times[0].tv_sec = times[1].tv_sec = CLAMP (mtime, TREE_TIME_MIN, TREE_TIME_MAX);
  times[0].tv_nsec = times[1].tv_nsec = 0;
}

gboolean
tree_writer_directory (TreeWriter *writer, const char *path, mode_t mode, gint64 mtime, GError **error)
{
  autofd fd = file_mkdir_p (writer->tree_fd, path, 0755, error);
  DirectoryTime time = { NULL, mtime };

  if (fd < 0)
    return FALSE;
  if (fchmod (fd, (mode & 0777) | 0700) < 0)
    return error_throw_errno (error, errno, "Cannot set the permissions of %s", path);
  time.path = g_strdup (path);
  g_array_append_val (writer->times, time);
  return TRUE;
}

gboolean
tree_writer_symlink (TreeWriter *writer, const char *path, const char *target, gint64 mtime, GError **error)
{
  const char *base = NULL;
  int parent_fd = tree_writer_place (writer, path, &base, error);
  struct timespec times[2];

  if (parent_fd < 0)
    return FALSE;
  if (symlinkat (target, parent_fd, base) < 0)
    return error_throw_errno (error, errno, "Cannot make the symbolic link %s to %s", path, target);
  tree_times (mtime, times);
  if (utimensat (parent_fd, base, times, AT_SYMLINK_NOFOLLOW) < 0)
    return error_throw_errno (error, errno, "Cannot set the time of %s", path);
  return TRUE;
}

gboolean
tree_writer_hard_link (TreeWriter *writer, const char *path, const char *target, GError **error)
{
  g_autofree char *target_parent = g_path_get_dirname (target);
  const char *target_base = strrchr (target, '/') != NULL ? strrchr (target, '/') + 1 : target;
  const char *base = NULL;
  autofd target_fd = -1;
  struct stat st;
  int parent_fd;

  if (strcmp (path, target) == 0)
    return TRUE;
  target_fd = file_open_beneath (writer->tree_fd, target_parent, O_PATH | O_DIRECTORY, 0, error);
  if (target_fd < 0)
    return error_prefix (error, "Cannot link %s to %s", path, target);
  if (fstatat (target_fd, target_base, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return error_throw_errno (error, errno, "Cannot link %s to %s", path, target);
  if (!S_ISREG (st.st_mode))
    return error_throw_code (error, ERROR_REFUSED, "%s is a hard link to %s, which is not a regular file", path, target);
  parent_fd = tree_writer_place (writer, path, &base, error);
  if (parent_fd < 0)
    return FALSE;
  if (linkat (target_fd, target_base, parent_fd, base, 0) < 0)
    return error_throw_errno (error, errno, "Cannot link %s to %s", path, target);
  return TRUE;
}

int
tree_writer_file (TreeWriter *writer, const char *path, GError **error)
{
  const char *base = NULL;
  int parent_fd = tree_writer_place (writer, path, &base, error);
  int fd;

  if (parent_fd < 0)
    return -1;
  fd = openat (parent_fd, base, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0)
    error_throw_errno (error, errno, "Cannot make the file %s", path);
  return fd;
}

gboolean
tree_writer_file_end (int fd, const char *path, mode_t mode, gint64 mtime, GError **error)
{
  struct timespec times[2];

  tree_times (mtime, times);
  if (fchmod (fd, (mode & 0777) | 0400) < 0 || futimens (fd, times) < 0)
    return error_throw_errno (error, errno, "Cannot set the permissions and time of %s", path);
  return TRUE;
}

/* Last to first: a directory comes after what is in it.  One that is no longer a directory is left alone. */
gboolean
tree_writer_finish (TreeWriter *writer, GError **error)
{
  for (guint i = writer->times->len; i > 0; i--)
    {
      DirectoryTime *time = &g_array_index (writer->times, DirectoryTime, i - 1);
      autofd fd = file_open_beneath (writer->tree_fd, time->path, O_RDONLY | O_DIRECTORY, 0, NULL);
      struct timespec times[2];

      tree_times (time->mtime, times);
      if (fd >= 0 && futimens (fd, times) < 0)
        return error_throw_errno (error, errno, "Cannot set the time of %s", time->path);
    }
  g_array_set_size (writer->times, 0);
  return TRUE;
}
