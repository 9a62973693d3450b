/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/space.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/error.h"
#include "base/terminal.h"

/* With less than that, somebody has been refused a write, or is about to be. */
#define LEFT_MIN (256u << 10)
/* A disk with more is not told of, unless all have more. */
#define LITTLE (64u << 20)

typedef struct
{
  guint64 free, size;    /* bytes */
  gboolean no_inodes;    /* no file can be made */
} Disk;

static gboolean
read_disk (const struct statvfs *vfs, Disk *disk)
{
  *disk = (Disk) {
    .free = (guint64) vfs->f_bavail * vfs->f_frsize,
    .size = (guint64) vfs->f_blocks * vfs->f_frsize,
    .no_inodes = vfs->f_files > 0 && vfs->f_favail == 0,
  };
  return vfs->f_blocks > 0; /* some file systems do not know */
}

gboolean
space_check_left (int fd, const char *what, GError **error)
{
  struct statvfs vfs;
  Disk disk;

  if (fstatvfs (fd, &vfs) < 0 || !read_disk (&vfs, &disk) || (disk.free >= LEFT_MIN && !disk.no_inodes))
    return TRUE;
  return error_throw (error, "%s may be cut short, so it is not kept: %s", what, g_strerror (ENOSPC));
}

gboolean
space_check_need (int fd, guint64 need, const char *what, GError **error)
{
  struct statvfs vfs;
  Disk disk;

  if (fstatvfs (fd, &vfs) < 0 || !read_disk (&vfs, &disk) || disk.free >= need)
    return TRUE;
  g_autofree char *wanted = terminal_size (need);
  g_autofree char *left = terminal_size (disk.free);
  return error_throw (error, "%s takes %s, and its disk has %s left: %s", what, wanted, left, g_strerror (ENOSPC));
}

/* The message says so, whoever wrote it: us, libarchive, libcurl or libostree. */
static gboolean
is_about_space (const char *message)
{
  return strstr (message, g_strerror (ENOSPC)) != NULL || strstr (message, g_strerror (EDQUOT)) != NULL
         || strstr (message, "min-free-space") != NULL;
}

static gboolean
look (const SpacePlace *place, Disk *disk)
{
  g_autofree char *path = place->path != NULL ? g_strdup (place->path) : NULL;
  struct statvfs vfs;

  /* What is not there yet would come on the disk of its parent. */
  while (path != NULL && statvfs (path, &vfs) < 0)
    {
      g_autofree char *parent = g_path_get_dirname (path);

      if (errno != ENOENT || strcmp (parent, path) == 0)
        return FALSE;
      g_free (path);
      path = g_steal_pointer (&parent);
    }
  return path != NULL && read_disk (&vfs, disk);
}

static void
describe (GString *text, const SpacePlace *place, const Disk *disk)
{
  g_autofree char *left = terminal_size (disk->free);
  g_autofree char *size = terminal_size (disk->size);
  g_autofree char *need = place->need > 0 ? terminal_size (place->need) : NULL;

  g_string_append_printf (text, "\n%s (%s) is on a disk of %s, which has %s left%s%s%s%s; %s", place->what, place->path, size, left,
                          disk->no_inodes ? " and room for no file more" : "", need != NULL ? ", and " : "",
                          need != NULL ? need : "", need != NULL ? " are wanted" : "", place->advice);
}

void
space_explain (const SpacePlace *places, gsize n_places, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (error == NULL || *error == NULL)
    return;
  gboolean sure = is_about_space ((*error)->message);
  /* First those that are all but full; when it must be a disk and none is that full, those with little, then all. */
  const guint64 limits[] = { LEFT_MIN, LITTLE, G_MAXUINT64 };
  for (gsize pass = 0; pass < (sure ? G_N_ELEMENTS (limits) : 1) && text->len == 0; pass++)
    for (gsize i = 0; i < n_places; i++)
      {
        Disk disk;

        if (look (&places[i], &disk) && (disk.free < limits[pass] || disk.no_inodes))
          describe (text, &places[i], &disk);
      }
  if (text->len == 0)
    return;
  GError *old = *error;
  *error = g_error_new (old->domain, old->code, "%s%s", old->message, text->str);
  g_error_free (old);
}
