/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/tree/pyc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/tree/walk.h"

#define CACHE "__pycache__"
#define TEMPORARY_NAME ".nacelle-compiled"

/* The numbers that Python puts in front: the first with a word of flags is that of 3.7, and all from 20121 on are older than 3. */
#define MAGIC_FLAGS 3392
#define MAGIC_OLD 20121

/* Flags. */
#define BY_HASH 1u
#define CHECKED 2u

typedef struct
{
  guint8 bytes[16];
  gboolean has_flags;
  guint32 flags;        /* 0: valid by time */
  guint32 time;
} Header;

static guint32
word (const guint8 *at)
{
  return (guint32) at[0] | (guint32) at[1] << 8 | (guint32) at[2] << 16 | (guint32) at[3] << 24;
}

static void
put_word (guint8 *at, guint32 value)
{
  for (int i = 0; i < 4; i++)
    at[i] = (guint8) (value >> 8 * i);
}

static gboolean
read_header (int fd, Header *ret_header)
{
  Header header = { 0 };
  struct stat st;

  if (fstat (fd, &st) < 0 || !S_ISREG (st.st_mode)
      || pread (fd, header.bytes, sizeof header.bytes, 0) != (ssize_t) sizeof header.bytes || header.bytes[2] != '\r'
      || header.bytes[3] != '\n')
    return FALSE;
  unsigned magic = header.bytes[0] | (unsigned) header.bytes[1] << 8;
  header.has_flags = magic >= MAGIC_FLAGS && magic < MAGIC_OLD;
  header.flags = header.has_flags ? word (header.bytes + 4) : 0;
  header.time = word (header.bytes + (header.has_flags ? 8 : 4));
  *ret_header = header;
  return TRUE;
}

/* Cut the last ".word" off. */
static gboolean
cut_suffix (char *name)
{
  char *dot = strrchr (name, '.');

  if (dot == NULL)
    return FALSE;
  *dot = '\0';
  return TRUE;
}

/* "a/__pycache__/b.cpython-311.opt-1.pyc" and "a/b.pyc" are made of "a/b.py".  NULL: of nothing that has a name.  Caller frees. */
static char *
source_of (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *folder_name = g_path_get_basename (folder);

  if (strcmp (folder_name, CACHE) != 0)
    return g_strndup (path, strlen (path) - 1);
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *above = g_path_get_dirname (folder);
  if (!cut_suffix (name))
    return NULL;
  const char *level = strrchr (name, '.');
  if ((level != NULL && g_str_has_prefix (level, ".opt-") && !cut_suffix (name)) || !cut_suffix (name))
    return NULL;
  g_autofree char *source = g_strconcat (name, ".py", NULL);
  return strcmp (above, ".") == 0 ? g_strdup (source) : g_build_filename (above, source, NULL);
}

static gboolean
rewrite (int dir, const char *name, int fd, Header *header, gint64 time, GError **error)
{
  struct stat st;

  if (header->has_flags)
    {
      /* The hash is not looked at; a Python that is told to look finds it wrong and takes the source. */
      put_word (header->bytes + 4, BY_HASH);
      memset (header->bytes + 8, 0, 8);
    }
  else
    put_word (header->bytes + 4, (guint32) time);
  /* A file of its own: other names of this one may be something else. */
  autofd out = file_open (dir, TEMPORARY_NAME, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600, error);
  if (out < 0 || lseek (fd, 0, SEEK_SET) < 0 || !file_copy_fd (fd, out, name, error))
    return FALSE;
  if (pwrite (out, header->bytes, sizeof header->bytes, 0) != (ssize_t) sizeof header->bytes || fstat (fd, &st) < 0
      || fchmod (out, st.st_mode & 0777) < 0 || renameat (dir, TEMPORARY_NAME, dir, name) < 0)
    return error_throw_errno (error, errno, "cannot rewrite '%s'", name);
  return TRUE;
}

static gboolean
fix_compiled (int tree_fd, const char *path, gint64 time, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *source = source_of (path);
  autofd dir = file_open_beneath (tree_fd, folder, O_RDONLY | O_DIRECTORY, 0, NULL);
  autofd fd = dir >= 0 ? file_open_beneath (dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0, NULL) : -1;
  autofd source_fd = source != NULL ? file_open_beneath (tree_fd, source, O_PATH | O_NOFOLLOW, 0, NULL) : -1;
  Header header;
  struct stat st;

  /* Without a source it is taken as it is. */
  if (fd < 0 || source_fd < 0 || fstat (source_fd, &st) < 0 || !S_ISREG (st.st_mode) || !read_header (fd, &header) || header.flags != 0)
    return TRUE;
  if (header.time != (guint32) st.st_mtim.tv_sec)
    return unlinkat (dir, name, 0) == 0 || error_throw_errno (error, errno, "cannot remove '%s'", path);
  return rewrite (dir, name, fd, &header, time, error);
}

typedef struct
{
  GHashTable *changed;     /* paths */
  const char *folder;      /* that is looked at */
  const char *begin;       /* how the names of compiled files of one source begin */
} Stale;

/* One that this module did not make, of a source that it changed. */
static gboolean
remove_stale (const TreeEntry *entry, gpointer data, GError **error)
{
  const Stale *stale = data;
  g_autofree char *path = strcmp (stale->folder, ".") == 0 ? g_strdup (entry->name) : g_build_filename (stale->folder, entry->name, NULL);
  Header header;

  if (!S_ISREG (entry->st.st_mode) || !g_str_has_prefix (entry->name, stale->begin)
      || !(g_str_has_suffix (entry->name, ".pyc") || g_str_has_suffix (entry->name, ".pyo"))
      || g_hash_table_contains (stale->changed, path))
    return TRUE;
  autofd fd = file_open_beneath (entry->parent_fd, entry->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0, NULL);
  if (fd < 0 || !read_header (fd, &header) || (header.flags & CHECKED) != 0)
    return TRUE;
  return unlinkat (entry->parent_fd, entry->name, 0) == 0 || error_throw_errno (error, errno, "cannot remove '%s'", path);
}

static gboolean
forget_compiled (int tree_fd, const char *path, GHashTable *changed, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *begin = g_strndup (name, strlen (name) - strlen ("py"));
  g_autofree char *cache = strcmp (folder, ".") == 0 ? g_strdup (CACHE) : g_build_filename (folder, CACHE, NULL);
  const char *const folders[] = { folder, cache };

  for (gsize i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      Stale stale = { changed, folders[i], begin };
      autofd dir = file_open_beneath (tree_fd, folders[i], O_RDONLY | O_DIRECTORY, 0, NULL);

      if (dir >= 0 && !tree_list (dir, remove_stale, &stale, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
pyc_fix (int tree_fd, const GPtrArray *changes, gint64 time, GError **error)
{
  g_autoptr (GHashTable) changed = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < changes->len; i++)
    g_hash_table_add (changed, changes->pdata[i]);
  for (guint i = 0; i < changes->len; i++)
    {
      const char *path = changes->pdata[i];

      if (g_str_has_suffix (path, ".py") ? !forget_compiled (tree_fd, path, changed, error)
          : (g_str_has_suffix (path, ".pyc") || g_str_has_suffix (path, ".pyo")) && !fix_compiled (tree_fd, path, time, error))
        return FALSE;
    }
  return TRUE;
}
