/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/sources/git/mirror.h"

#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

static const struct
{
  const char *folder, *prefix, *suffix;
} leavings[] = {
  { ".", "", ".lock" },                        /* config, HEAD, packed-refs, shallow */
  { "refs/nacelle", "", ".lock" },
  { "refs/nacelle/commit", "", ".lock" },
  { "refs/nacelle/all/heads", "", ".lock" },
  { "refs/nacelle/all/tags", "", ".lock" },
  { "objects/pack", "tmp_", "" },
  { "objects/pack", ".tmp-", "" },
};

void
git_mirror_sweep (int mirror_fd)
{
  for (gsize i = 0; i < G_N_ELEMENTS (leavings); i++)
    {
      int fd = file_open_beneath (mirror_fd, leavings[i].folder, O_RDONLY | O_DIRECTORY, 0, NULL);
      DIR *dir = fd >= 0 ? fdopendir (fd) : NULL;

      if (dir == NULL)
        {
          file_close_fd (&fd);
          continue;
        }
      for (struct dirent *entry = readdir (dir); entry != NULL; entry = readdir (dir))
        if (g_str_has_prefix (entry->d_name, leavings[i].prefix) && g_str_has_suffix (entry->d_name, leavings[i].suffix))
          (void) unlinkat (dirfd (dir), entry->d_name, 0); /* what stays makes git say so */
      closedir (dir);
    }
}
