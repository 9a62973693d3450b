/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/tree/cleanup.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

/* Does one element of a pattern match one element of a path?  Greedy with one point of return, so that the time is at most
 * the product of the lengths: "*a*a*a*a*b" is no attack. */
static gboolean
element_matches (const char *pattern, gsize pattern_length, const char *text, gsize text_length)
{
  gsize p = 0, t = 0, star = G_MAXSIZE, resume = 0;

  while (t < text_length)
    if (p < pattern_length && pattern[p] == '*')
      {
        star = p++;
        resume = t;
      }
    else if (p < pattern_length && (pattern[p] == '?' || pattern[p] == text[t]))
      {
        p++;
        t++;
      }
    else if (star != G_MAXSIZE)
      {
        p = star + 1;
        t = ++resume;
      }
    else
      return FALSE;
  while (p < pattern_length && pattern[p] == '*')
    p++;
  return p == pattern_length;
}

/* The next element of `*text`: its start; *text moves behind it and its slashes.  NULL at the end. */
static const char *
next_element (const char **text, gsize *ret_length)
{
  const char *start = *text + strspn (*text, "/");

  *ret_length = strcspn (start, "/");
  *text = start + *ret_length;
  return *ret_length == 0 ? NULL : start;
}

static void
take (GHashTable *remove, const char *path, const char *end)
{
  g_hash_table_add (remove, g_strndup (path, (gsize) (end - path)));
}

static void
match_from_front (const char *pattern, const char *path, GHashTable *remove)
{
  const char *rest = path;
  gsize pattern_length, length;

  for (const char *wanted = next_element (&pattern, &pattern_length); wanted != NULL;
       wanted = next_element (&pattern, &pattern_length))
    {
      const char *element = next_element (&rest, &length);

      if (element == NULL || !element_matches (wanted, pattern_length, element, length))
        return;
    }
  if (rest == path)
    return; /* the pattern "/" would name the tree itself */
  take (remove, path, rest);
  while (next_element (&rest, &length) != NULL)
    take (remove, path, rest);
}

void
cleanup_match (const char *pattern, const char *path, GHashTable *remove)
{
  if (*pattern == '/')
    {
      match_from_front (pattern, path, remove);
      return;
    }
  const char *slash = strrchr (path, '/');
  const char *name = slash != NULL ? slash + 1 : path;
  if (element_matches (pattern, strlen (pattern), name, strlen (name)))
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
