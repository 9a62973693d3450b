/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Launchers put the marks around the files that they were told to open (bundle/desktop-exec.h makes such lines).  A mark is
 * known only because the option is there: without it "@@" is a word of the app like others.
 */
#include "runner/forward.h"

#include <string.h>

#include "base/error.h"
#include "bundle/filesystem.h"

#define MARK "@@"
#define MARK_URLS "@@u"

static void
grant (Permissions *layer, const char *path)
{
  FilesystemGrant *file = g_new0 (FilesystemGrant, 1);

  file->token = g_strdup (path);
  file->mode = FILESYSTEM_READ_WRITE;
  file->origin = g_strdup ("a file that was opened");
  filesystem_grant_set (layer->filesystems, file);
}

/* What the app is given for one word. */
static char *
forward_word (const char *word, gboolean urls, Permissions *layer)
{
  g_autofree char *host = NULL;
  g_autofree char *path = NULL;

  if (urls && word[0] != '/')
    {
      path = g_str_has_prefix (word, "file:") ? g_filename_from_uri (word, &host, NULL) : NULL;
      /* Of another machine, or of another kind: that is not for us to open. */
      if (path == NULL || (host != NULL && g_ascii_strcasecmp (host, "localhost") != 0))
        return g_strdup (word);
    }
  g_autofree char *whole = g_canonicalize_filename (path != NULL ? path : word, NULL);
  grant (layer, whole);
  return path != NULL ? g_filename_to_uri (whole, NULL, NULL) : g_strdup (whole);
}

char **
forward_files (const char *const *arguments, Permissions *layer, GError **error)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);
  const char *mark = NULL;

  for (gsize i = 0; arguments[i] != NULL; i++)
    {
      const char *word = arguments[i];
      gboolean is_mark = strcmp (word, MARK) == 0 || (mark == NULL && strcmp (word, MARK_URLS) == 0);

      if (is_mark)
        mark = mark != NULL ? NULL : word;
      else if (mark != NULL)
        g_ptr_array_add (words, forward_word (word, strcmp (mark, MARK_URLS) == 0, layer));
      else
        g_ptr_array_add (words, g_strdup (word));
    }
  if (mark != NULL)
    {
      error_throw_code (error, ERROR_USAGE, "with --file-forwarding, the files behind \"%s\" must end with the word \"" MARK "\"", mark);
      return NULL;
    }
  g_ptr_array_add (words, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&words), FALSE);
}
