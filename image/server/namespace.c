/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "image/server/server.h"

static gboolean
proc_write (const char *path, const char *text, GError **error)
{
  autofd fd = open (path, O_WRONLY | O_CLOEXEC);

  if (fd < 0 || write (fd, text, strlen (text)) < 0)
    return error_throw_code (error, ERROR_UNAVAILABLE, "The image server cannot write %s: %s", path, g_strerror (errno));
  return TRUE;
}

static gboolean
maps_write (uid_t uid, gid_t gid, GError **error)
{
  char text[64];

  g_snprintf (text, sizeof text, "%u %u 1", uid, uid);
  if (!proc_write ("/proc/self/uid_map", text, error) || !proc_write ("/proc/self/setgroups", "deny", error))
    return FALSE;
  g_snprintf (text, sizeof text, "%u %u 1", gid, gid);
  return proc_write ("/proc/self/gid_map", text, error);
}

/* A tmpfs over /dev, which surely exists, becomes the root; the old root goes. */
static gboolean
root_replace (GError **error)
{
  const char *step = NULL;

  if (mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
    step = "make the mounts private";
  else if (mount ("nacelle-images", "/dev", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700,size=64k") < 0)
    step = "mount an empty root";
  else if (chdir ("/dev") < 0 || syscall (SYS_pivot_root, ".", ".") < 0)
    step = "change to an empty root";
  else if (umount2 (".", MNT_DETACH) < 0 || chdir ("/") < 0)
    step = "leave the host's root";
  else if (mkdir (SERVER_EMPTY_FOLDER, 0500) < 0)
    step = "make a folder in its root";
  if (step != NULL)
    return error_throw_code (error, ERROR_UNAVAILABLE, "The image server cannot %s: %s", step, g_strerror (errno));
  return TRUE;
}

gboolean
namespace_enter (int *ret_dev, GError **error)
{
  uid_t uid = geteuid ();
  gid_t gid = getegid ();
  autofd dev = open ("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC);

  if (dev < 0)
    return error_throw_code (error, ERROR_UNAVAILABLE, "The image server cannot open /dev: %s", g_strerror (errno));
  if (unshare (CLONE_NEWUSER | CLONE_NEWNS) < 0)
    return error_throw_code (error, ERROR_UNAVAILABLE, "The image server cannot make a user namespace (%s); "
                             "\"apprun doctor\" tells what forbids it", g_strerror (errno));
  if (!maps_write (uid, gid, error) || !root_replace (error))
    return FALSE;
  *ret_dev = file_steal_fd (&dev);
  return TRUE;
}
