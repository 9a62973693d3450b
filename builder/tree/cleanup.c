/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/tree/cleanup.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

/* A pattern and a path, and where in them a star has been tried in vain: without that, "*a*a*a*a*b" would take for ever. */
typedef struct
{
  const char *pattern, *path;
  gsize width;
  guint8 *failed;     /* a bit for each pair of places; NULL: the pattern has one star at most */
} Match;

static const char *match_from (const Match *match, const char *pattern, const char *path);

static const char *
skip_slashes (const char *text)
{
  return text + strspn (text, "/");
}

static gboolean
has_failed (const Match *match, const char *pattern, const char *path, gboolean set)
{
  gsize place = (gsize) (pattern - match->pattern) * match->width + (gsize) (path - match->path);

  if (match->failed == NULL)
    return FALSE;
  if (set)
    match->failed[place / 8] |= (guint8) (1u << place % 8);
  return (match->failed[place / 8] >> place % 8 & 1) != 0;
}

/* Behind a star that something follows: it stands for as much as is needed, and may end on the next slash, which then stands for
 * nothing ("/lib*a" takes lib/a). */
static const char *
match_star (const Match *match, const char *pattern, const char *path)
{
  for (; *path != '\0'; path++)
    {
      /* Then an earlier try went on from here to the end of the element. */
      if (has_failed (match, pattern, path, FALSE))
        return NULL;
      const char *end = match_from (match, pattern, path);

      if (end != NULL)
        return end;
      (void) has_failed (match, pattern, path, TRUE);
      if (*path == '/')
        break;
    }
  return NULL;
}

/* Where the pattern ends in the path, which is the end of an element; NULL: it doesn't match. */
static const char *
match_from (const Match *match, const char *pattern, const char *path)
{
  pattern = skip_slashes (pattern);
  path = skip_slashes (path);
  for (; *pattern != '\0'; pattern++)
    {
      if (*pattern == '*')
        {
          while (pattern[1] == '*')
            pattern++;
          if (pattern[1] != '\0' && pattern[1] != '/')
            return match_star (match, pattern + 1, path);
          path += strcspn (path, "/");
          if (pattern[1] == '/' && *path == '\0')
            return NULL;
        }
      else if (*path == '\0' || (*pattern == '?' ? *path == '/' : *pattern != *path))
        return NULL;
      else
        path++;
    }
  return *path == '/' || *path == '\0' ? path : NULL;
}

static const char *
match_prefix (const char *pattern, const char *path)
{
  gsize stars = 0, length = strlen (pattern) + 1;

  for (const char *at = pattern; *at != '\0'; at++)
    stars += *at == '*';
  const Match match = { pattern, path, strlen (path) + 1, NULL };
  if (stars < 2)
    return match_from (&match, pattern, path);
  g_autofree guint8 *failed = g_malloc0 ((length * match.width + 7) / 8);
  const Match slow = { pattern, path, match.width, failed };
  return match_from (&slow, pattern, path);
}

static void
take (GHashTable *remove, const char *path, const char *end)
{
  g_hash_table_add (remove, g_strndup (path, (gsize) (end - path)));
}

void
cleanup_match (const char *pattern, const char *path, GHashTable *remove)
{
  if (*pattern == '/')
    {
      /* What is below goes too. */
      for (const char *end = match_prefix (pattern, path); end != NULL && end != path;)
        {
          take (remove, path, end);
          end = skip_slashes (end);
          if (*end == '\0')
            break;
          end += strcspn (end, "/");
        }
      return;
    }
  const char *slash = strrchr (path, '/');
  if (match_prefix (pattern, slash != NULL ? slash + 1 : path) != NULL)
    take (remove, path, path + strlen (path));
}

void
cleanup_match_all (char **patterns, const GPtrArray *paths, GHashTable *remove)
{
  for (gsize i = 0; patterns != NULL && patterns[i] != NULL; i++)
    for (guint j = 0; j < paths->len; j++)
      cleanup_match (patterns[i], paths->pdata[j], remove);
}

static int
compare_backwards (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) b, *(const char *const *) a);
}

static gboolean
remove_one (int tree_fd, const char *path, guint *count, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  struct stat st;
  /* A parent that is gone or has become a link means that the changed file is no longer there. */
  autofd dir = file_open_beneath (tree_fd, parent, O_PATH | O_DIRECTORY, 0, NULL);

  if (dir < 0 || fstatat (dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return TRUE;
  if (unlinkat (dir, name, S_ISDIR (st.st_mode) ? AT_REMOVEDIR : 0) < 0)
    {
      if (errno == ENOTEMPTY || errno == EEXIST || errno == ENOENT)
        return TRUE;
      return error_throw_errno (error, errno, "cleanup cannot remove '%s'", path);
    }
  (*count)++;
  return TRUE;
}

gboolean
cleanup_remove (int tree_fd, GHashTable *remove, guint *ret_count, GError **error)
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer path;
  guint count = 0;

  g_hash_table_iter_init (&iter, remove);
  while (g_hash_table_iter_next (&iter, &path, NULL))
    g_ptr_array_add (paths, path);
  g_ptr_array_sort (paths, compare_backwards);
  for (guint i = 0; i < paths->len; i++)
    if (!remove_one (tree_fd, paths->pdata[i], &count, error))
      return FALSE;
  *ret_count = count;
  return TRUE;
}
