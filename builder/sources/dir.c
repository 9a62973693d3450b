/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `dir`: a local directory.  Links in it are copied as links and never followed; what the tree has already at a place
 * is not written through.  The digest covers names, link targets, executable bits and all content, so an unchanged
 * directory does not cause a build.
 */
#include "builder/sources/dir.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/sources/content.h"
#include "builder/sources/hashes.h"
#include "builder/sources/kinds.h"
#include "builder/sources/treewriter.h"

#define DIR_MAX_DEPTH 256
/* Times of a checkout differ from one to the next and are not in the digest; the tree writer makes 0 its earliest time. */
#define DIR_TIME 0

typedef struct DirWalk DirWalk;
struct DirWalk
{
  const ManifestSource *source;
  const SourceContext *context;
  GChecksum *checksum;        /* digest, or NULL */
  TreeWriter *writer;         /* copy, or NULL */
  unsigned depth;
};

static gboolean dir_walk (DirWalk *walk, int dir_fd, const char *below, GError **error);

static int
dir_open (const ManifestSource *source, const SourceContext *context, GError **error)
{
  if (source->path == NULL)
    {
      error_throw (error, "A source of type dir needs a path");
      return -1;
    }
  return content_open_local (source, context, source->path, O_RDONLY | O_DIRECTORY, error);
}

static int
dir_compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static GPtrArray *
dir_names (int dir_fd, const char *below, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  int copy = openat (dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *dir = copy >= 0 ? fdopendir (copy) : NULL;
  struct dirent *entry = NULL;

  if (dir == NULL)
    {
      error_throw_errno (error, errno, "Cannot list the directory %s", below[0] != '\0' ? below : ".");
      if (copy >= 0)
        close (copy);
      return NULL;
    }
  while ((entry = readdir (dir)) != NULL)
    if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0)
      g_ptr_array_add (names, g_strdup (entry->d_name));
  closedir (dir);
  g_ptr_array_sort (names, dir_compare_names);
  return g_steal_pointer (&names);
}

/* `skip` names paths below the directory, as the manifest writes them ("a/b", "./a/b", "a/b/"). */
static gboolean
dir_skips (DirWalk *walk, const char *path)
{
  char *const *skip = walk->source->skip;

  for (gsize i = 0; skip != NULL && skip[i] != NULL; i++)
    {
      g_autofree char *clean = NULL;

      if (tree_path_clean (skip[i], 0, &clean, NULL) && clean != NULL && strcmp (clean, path) == 0)
        return TRUE;
    }
  return FALSE;
}

/* The build's own files may lie below the directory; copying them into themselves would not end, and the result of the last
 * build is no source of the next. */
static gboolean
dir_is_ours (DirWalk *walk, const struct stat *st)
{
  const int ours[] = { walk->context->cache_fd, walk->context->state_fd, walk->context->output_fd };

  for (gsize i = 0; i < G_N_ELEMENTS (ours); i++)
    {
      struct stat own;

      if (ours[i] > 0 && fstat (ours[i], &own) == 0 && own.st_dev == st->st_dev && own.st_ino == st->st_ino)
        return TRUE;
    }
  return FALSE;
}

static gboolean
dir_link (DirWalk *walk, int dir_fd, const char *name, const char *path, GError **error)
{
  char target[4096];
  ssize_t length = readlinkat (dir_fd, name, target, sizeof target - 1);

  if (length < 0)
    return error_throw_errno (error, errno, "Cannot read the symbolic link %s", path);
  target[length] = '\0';
  if (walk->checksum != NULL)
    {
      checksum_add (walk->checksum, "link", path);
      checksum_add (walk->checksum, "to", target);
    }
  return walk->writer == NULL || tree_writer_symlink (walk->writer, path, target, DIR_TIME, error);
}

static gboolean
dir_file (DirWalk *walk, int dir_fd, const char *name, const char *path, GError **error)
{
  autofd in = openat (dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  struct stat st;
  mode_t mode;

  if (in < 0 || fstat (in, &st) < 0)
    return error_throw_errno (error, errno, "Cannot open %s", path);
  if (!S_ISREG (st.st_mode))
    return error_throw (error, "%s changed its type while it was read", path);
  if (dir_is_ours (walk, &st))
    return TRUE;
  mode = (st.st_mode & 0100) != 0 ? 0755 : 0644;
  if (walk->checksum != NULL)
    {
      g_autofree char *sum = file_sha256_fd (in, path, error);

      if (sum == NULL)
        return FALSE;
      checksum_add (walk->checksum, mode == 0755 ? "program" : "file", path);
      checksum_add (walk->checksum, "content", sum);
    }
  if (walk->writer != NULL)
    {
      autofd out = tree_writer_file (walk->writer, path, error);

      return out >= 0
             && file_copy_fd (in, out, path, error)
             && tree_writer_file_end (out, path, mode, DIR_TIME, error);
    }
  return TRUE;
}

static gboolean
dir_directory (DirWalk *walk, int dir_fd, const char *name, const char *path, const struct stat *st, GError **error)
{
  autofd fd = -1;
  gboolean ok;

  if (dir_is_ours (walk, st))
    return TRUE;
  if (walk->depth >= DIR_MAX_DEPTH)
    return error_throw (error, "%s is more than %d directories deep", path, DIR_MAX_DEPTH);
  fd = openat (dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return error_throw_errno (error, errno, "Cannot open the directory %s", path);
  if (walk->checksum != NULL)
    checksum_add (walk->checksum, "directory", path);
  if (walk->writer != NULL && !tree_writer_directory (walk->writer, path, 0755, DIR_TIME, error))
    return FALSE;
  walk->depth++;
  ok = dir_walk (walk, fd, path, error);
  walk->depth--;
  return ok;
}

static gboolean
dir_walk (DirWalk *walk, int dir_fd, const char *below, GError **error)
{
  g_autoptr (GPtrArray) names = dir_names (dir_fd, below, error);

  for (guint i = 0; names != NULL && i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      g_autofree char *path = below[0] != '\0' ? g_strconcat (below, "/", name, NULL) : g_strdup (name);
      struct stat st;
      gboolean ok;

      if (dir_skips (walk, path))
        continue;
      if (fstatat (dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return error_throw_errno (error, errno, "Cannot look at %s", path);
      if (S_ISLNK (st.st_mode))
        ok = dir_link (walk, dir_fd, name, path, error);
      else if (S_ISREG (st.st_mode))
        ok = dir_file (walk, dir_fd, name, path, error);
      else if (S_ISDIR (st.st_mode))
        ok = dir_directory (walk, dir_fd, name, path, &st, error);
      else
        ok = error_throw (error, "%s is a device, fifo or socket; name it in the source's skip list", path);
      if (!ok)
        return FALSE;
    }
  return names != NULL;
}

static gboolean
dir_digest (const ManifestSource *source, const SourceContext *context, GChecksum *checksum, GError **error)
{
  DirWalk walk = { .source = source, .context = context, .checksum = checksum };
  autofd fd = dir_open (source, context, error);

  if (fd < 0)
    return FALSE;
  checksum_add (checksum, "dest", source->dest);
  return dir_walk (&walk, fd, "", error) || error_prefix (error, "Cannot read the source %s", source->path);
}

static gboolean
dir_extract (const ManifestSource *source, const SourceContext *context, int tree_fd, GError **error)
{
  autofd dest_fd = content_dest (source, tree_fd, error);
  autofd fd = dest_fd >= 0 ? dir_open (source, context, error) : -1;
  g_autoptr (TreeWriter) writer = dest_fd >= 0 ? tree_writer_new (dest_fd) : NULL;
  DirWalk walk = { .source = source, .context = context, .writer = writer };

  if (fd < 0)
    return FALSE;
  return (dir_walk (&walk, fd, "", error) && tree_writer_finish (writer, error))
         || error_prefix (error, "Cannot copy the source %s", source->path);
}

gboolean
dir_copy (int from_fd, int dest_fd, int skip_fd, GError **error)
{
  const ManifestSource source = { 0 };
  const SourceContext context = { .cache_fd = -1, .state_fd = skip_fd, .output_fd = -1 };
  g_autoptr (TreeWriter) writer = tree_writer_new (dest_fd);
  DirWalk walk = { .source = &source, .context = &context, .writer = writer };

  return dir_walk (&walk, from_fd, "", error) && tree_writer_finish (writer, error);
}

const SourceKind source_kind_dir = {
  .type = "dir",
  .digest = dir_digest,
  .extract = dir_extract,
};
