/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/sources/git/mirror.h"

#include <unistd.h>

#include "base/error.h"

typedef struct
{
  guint64 entries, bytes;
} Size;

/* "MODE TYPE ID SIZE<tab>PATH<nul>"; a few objects can make a tree without end, so this is counted before anything holds it
 * in memory. */
static gboolean
size_reader (int fd, gpointer user, GError **error)
{
  Size *size = user;
  g_autofree char *buffer = g_malloc (65536);
  guint64 number = 0;
  gboolean in_path = FALSE;
  char last = '\0';
  guint column = 0;
  ssize_t n;

  while ((n = read (fd, buffer, 65536)) > 0)
    for (ssize_t i = 0; i < n; i++)
      {
        char c = buffer[i], before = last;

        last = c;
        if (in_path)
          {
            in_path = c != '\0';
            column = in_path ? column : 0;
            continue;
          }
        if (c == '\t')
          {
            in_path = TRUE;
            size->bytes += number;
            number = 0;
            if (++size->entries > GIT_ENTRIES_MAX || size->bytes > GIT_BYTES_MAX)
              return error_throw_code (error, ERROR_REFUSED, "the commit has more than %d files, or more than %d GiB of them",
                                       GIT_ENTRIES_MAX, (int) (GIT_BYTES_MAX >> 30));
          }
        else if (c == ' ' && before != ' ')
          column++;
        else if (column >= 3 && g_ascii_isdigit (c) && number < GIT_BYTES_MAX)
          number = number * 10 + (guint64) (c - '0');
      }
  return TRUE;
}

gboolean
git_mirror_check_size (const GitMirror *mirror, const char *commit, gboolean *ret_empty, GError **error)
{
  const char *const list[] = { "ls-tree", "-r", "-l", "-z", "--full-tree", commit, NULL };
  GitPlace place = git_mirror_place (mirror, GIT_NO_TRANSPORT);
  Size size = { 0 };

  if (!git_stream (&place, list, size_reader, &size, error))
    return FALSE;
  *ret_empty = size.entries == 0;
  return TRUE;
}
