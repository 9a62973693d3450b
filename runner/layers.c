/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runner/layers.h"

#include <errno.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/witness.h"
#include "bundle/network.h"
#include "store/root.h"

#define OVERRIDE_MAX (1024 * 1024)

/* Whoever may write the file decides about permissions: the store's owner, or root. */
static gboolean
check_override (int fd, const char *name, GError **error)
{
  struct stat st;

  if (fstat (fd, &st) < 0)
    return error_throw_errno (error, errno, "the override file %s", name);
  if (!S_ISREG (st.st_mode))
    return error_throw_code (error, ERROR_REFUSED, "the override file %s is refused: it is not a regular file", name);
  if (st.st_uid != geteuid () && st.st_uid != 0)
    return error_throw_code (error, ERROR_REFUSED, "the override file %s is refused: it belongs to another user", name);
  if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return error_throw_code (error, ERROR_REFUSED, "the override file %s is refused: others can write to it (chmod go-w)",
                             name);
  return TRUE;
}

static gboolean
merge_override (const StoreRoot *root, const char *file, Permissions *permissions, GError **error)
{
  g_autofree char *path = g_build_filename ("overrides", file, NULL);
  g_autofree char *name = g_build_filename (root->path, path, NULL);
  struct stat st;
  gsize length;

  witness_note (WITNESS_LINK, name);
  if (fstatat (root->fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
    return TRUE;
  autofd fd = file_open_beneath (root->fd, path, O_RDONLY | O_NONBLOCK, 0, error);
  if (fd < 0 || !check_override (fd, name, error))
    return FALSE;
  g_autofree char *text = file_read_fd (fd, name, OVERRIDE_MAX, &length, error);
  if (text == NULL)
    return FALSE;
  g_autoptr (GKeyFile) keyfile = metadata_keyfile_parse (text, length, name, error);
  if (keyfile == NULL)
    return FALSE;
  g_autoptr (Permissions) layer = permissions_from_keyfile (keyfile, name, error);
  if (layer == NULL)
    return FALSE;
  permissions_merge (permissions, layer);
  return TRUE;
}

static gboolean
merge_overrides (gboolean system, const char *id, Permissions *permissions, GError **error)
{
  g_auto (StoreRoot) root = STORE_ROOT_INIT;

  if (!store_root_open (system, &root, error))
    return FALSE;
  return root.fd < 0
         || (merge_override (&root, "global", permissions, error) && merge_override (&root, id, permissions, error));
}

/* A runtime has no say in permissions; its environment is part of what it is. */
static gboolean
merge_runtime (const Bundle *runtime, Permissions *permissions, GError **error)
{
  g_autofree char *origin = g_strconcat ("metadata of ", runtime->name, NULL);
  g_autoptr (Permissions) layer = permissions_from_keyfile (runtime->metadata->keyfile, origin, error);

  if (layer == NULL)
    return FALSE;
  for (guint i = 0; i < layer->environment->len; i++)
    {
      const PermissionEntry *entry = layer->environment->pdata[i];
      permissions_set (permissions->environment, entry->name, entry->value, entry->granted, entry->origin);
    }
  return TRUE;
}

/* What a bundle wishes may be narrowed by others; what the user types now is wanted now. */
static gboolean
check_ports (const Permissions *command_line, const Permissions *merged, GError **error)
{
  NetworkMode mode = network_mode (merged);

  for (guint i = 0; mode != NETWORK_ISOLATED && i < command_line->published->len; i++)
    {
      const PermissionEntry *port = command_line->published->pdata[i];
      if (port->granted)
        return error_throw_code (error, ERROR_USAGE,
                                 "--publish=%s: ports are published of an isolated network, and the app's network is \"%s\"; add "
                                 "--network=isolated", port->name, network_mode_name (mode));
    }
  return TRUE;
}

Permissions *
layers_merge (const Bundle *app, const Bundle *runtime, const Permissions *command_line, GError **error)
{
  g_autoptr (Permissions) permissions = permissions_new ();
  const Bundle *bundle = app != NULL ? app : runtime;

  if (!merge_runtime (runtime, permissions, error))
    return NULL;
  if (app != NULL)
    {
      g_autofree char *origin = g_strconcat ("metadata of ", app->name, NULL);
      g_autoptr (Permissions) layer = permissions_from_keyfile (app->metadata->keyfile, origin, error);
      if (layer == NULL)
        return NULL;
      permissions_merge (permissions, layer);
    }
  if ((bundle->system && !merge_overrides (TRUE, bundle->metadata->id, permissions, error))
      || !merge_overrides (FALSE, bundle->metadata->id, permissions, error))
    return NULL;
  permissions_merge (permissions, command_line);
  if (!check_ports (command_line, permissions, error))
    return NULL;
  return g_steal_pointer (&permissions);
}
