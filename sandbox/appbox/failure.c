/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/appbox/failure.h"

#include "sandbox/appbox/appbox.h"

#include <errno.h>
#include <string.h>

static void
place_die (const SandboxError *error)
{
  const char *place = error->place;

  switch ((SandboxPlace) error->failed_place)
    {
    case SANDBOX_PLACE_LINK:
      appbox_die ("Can't mount on symlink destination %s: %s", place, error->message);
    case SANDBOX_PLACE_NO_DIRECTORY:
      appbox_die ("Destination is not a directory %s: %s", place, error->message);
    case SANDBOX_PLACE_NO_FILE:
      appbox_die ("Destination is not a file %s: %s", place, error->message);
    case SANDBOX_PLACE_OTHER_LINK:
      appbox_die ("Can't make symlink at %s: existing destination is %s: %s", place, error->found, error->message);
    case SANDBOX_PLACE_NO_LINK:
      appbox_die ("Can't make symlink at %s: destination exists and is not a symlink: %s", place, error->message);
    case SANDBOX_PLACE_FINE:
      break;
    }
}

void
failure_die (const SandboxError *error)
{
  static const char *const maps[] = {
    [SANDBOX_MAP_UID] = "setting up uid map", [SANDBOX_MAP_GID] = "setting up gid map",
    [SANDBOX_MAP_GROUPS] = "error writing to setgroups",
  };
  const char *why = strerror (error->saved_errno);

  place_die (error);
  if (error->failed_map != SANDBOX_MAP_FINE)
    appbox_die ("%s: %s; %s", maps[error->failed_map], why, error->message);
  if (!error->failed_clone)
    appbox_die ("%s", error->message);
  if (error->saved_errno == EPERM)
    appbox_die ("No permissions to create new namespace, likely because the kernel does not allow non-privileged user "
                "namespaces: %s", error->message);
  if (error->saved_errno == EINVAL)
    appbox_die ("Creating new namespace failed, likely because the kernel does not support user namespaces: %s", error->message);
  if (error->saved_errno == ENOSPC)
    appbox_die ("Creating new namespace failed: nesting depth or /proc/sys/user/max_*_namespaces exceeded (ENOSPC): %s",
                error->message);
  appbox_die ("Creating new namespace failed: %s: %s", why, error->message);
}
