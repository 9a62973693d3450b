/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Places of the host.  The comparison is one of words: what a word stands for differs from user to user, so a word counts as part
 * of another only where that is so for everybody.
 */
#include "bundle/added-private.h"

#include <string.h>

#include "bundle/filesystem.h"

static gboolean
is_below (const char *token, const char *parent)
{
  gsize length = strlen (parent);
  return strncmp (token, parent, length) == 0 && (token[length] == '\0' || token[length] == '/');
}

/* Of "/" what the word "host" does not show (see runner/plan/filesystem.c). */
static gboolean
host_has (const char *path)
{
  static const char *const left_out[] = { "/boot", "/efi", "/root", "/run", "/sys", "/tmp", "/var" };

  for (gsize i = 0; i < G_N_ELEMENTS (left_out); i++)
    if (is_below (path, left_out[i]))
      return is_below (path, "/run/media");
  return !filesystem_path_is_reserved (path);
}

/* Does the place `outer` hold the place `token`, for every user? */
static gboolean
holds (const char *outer, const char *token)
{
  gboolean of_home = token[0] == '~' || strcmp (token, "home") == 0;

  if (is_below (token, outer))
    return TRUE;
  if (strcmp (outer, "home") == 0)
    return of_home;
  if (strcmp (outer, "host") == 0)
    return of_home || strcmp (token, "host-os") == 0 || strcmp (token, "host-etc") == 0 || (token[0] == '/' && host_has (token));
  return FALSE;
}

static gboolean
is_place (const FilesystemGrant *grant)
{
  return strcmp (grant->token, "host-reset") != 0;
}

/* What is said about `token`: by itself, or by the nearest place around it. */
static FilesystemMode
mode_of (const GPtrArray *grants, const char *token)
{
  const FilesystemGrant *nearest = NULL;

  for (guint i = 0; i < grants->len; i++)
    {
      const FilesystemGrant *grant = grants->pdata[i];
      if (is_place (grant) && holds (grant->token, token) && (nearest == NULL || holds (nearest->token, grant->token)))
        nearest = grant;
    }
  return nearest == NULL ? FILESYSTEM_NONE : nearest->mode;
}

static void
say_place (const char *token, FilesystemMode mode, GPtrArray *words)
{
  static const struct { const char *token, *name; } names[] = {
    { "home", "your home folder" },   { "host", "all files of this machine" },   { "host-os", "the programs of the system" },
    { "host-etc", "the system's configuration" }, { "xdg-documents", "your documents" }, { "xdg-download", "your downloads" },
    { "xdg-pictures", "your pictures" },          { "xdg-music", "your music" },         { "xdg-videos", "your videos" },
    { "xdg-config", "the configuration of all programs" },
  };
  const char *what = mode == FILESYSTEM_READ_ONLY ? "read" : "read and write";

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (strcmp (names[i].token, token) == 0)
      {
        added_say (words, "%s %s (%s)", what, names[i].name, token);
        return;
      }
  added_say (words, "%s %s", what, token);
}

void
added_filesystems (const Permissions *older, const Permissions *newer, GPtrArray *words)
{
  for (guint i = 0; i < newer->filesystems->len; i++)
    {
      const FilesystemGrant *grant = newer->filesystems->pdata[i];
      if (is_place (grant) && grant->mode > mode_of (older->filesystems, grant->token))
        say_place (grant->token, grant->mode, words);
    }
  /* What was hidden, or only to be read, in a place that is shown. */
  for (guint i = 0; i < older->filesystems->len; i++)
    {
      const FilesystemGrant *old = older->filesystems->pdata[i];
      const FilesystemGrant *same = NULL;
      FilesystemMode mode = mode_of (newer->filesystems, old->token);

      for (guint j = 0; j < newer->filesystems->len && same == NULL; j++)
        if (strcmp (((FilesystemGrant *) newer->filesystems->pdata[j])->token, old->token) == 0)
          same = newer->filesystems->pdata[j];
      if (is_place (old) && same == NULL && mode > old->mode)
        say_place (old->token, mode, words);
    }
}
