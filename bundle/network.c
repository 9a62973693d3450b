/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bundle/network.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/verb.h"
#include "bundle/value.h"
#include "sandbox/publication.h"

static const char *const mode_names[] = {
  [NETWORK_NONE] = "none", [NETWORK_HOST] = "host", [NETWORK_ISOLATED] = "isolated", NULL,
};

gboolean
network_set_mode (Permissions *layer, const char *mode, const char *origin, GError **error)
{
  if (!g_strv_contains (mode_names, mode))
    {
      const char *near = g_utf8_validate (mode, -1, NULL) ? verb_suggest (mode, mode_names) : NULL;
      if (near != NULL)
        return error_throw_code (error, ERROR_USAGE, "\"%s\" is no network; did you mean \"%s\"?", mode, near);
      return error_throw_code (error, ERROR_USAGE, "\"%s\" is no network; there are host, isolated and none", mode);
    }
  gboolean is_none = strcmp (mode, mode_names[NETWORK_NONE]) == 0;
  permissions_set (layer->shared, "network", NULL, !is_none, origin);
  if (!is_none)
    permissions_set (layer->network, "mode", mode, TRUE, origin);
  return TRUE;
}

gboolean
network_set_port (Permissions *layer, const char *port, gboolean granted, const char *origin, GError **error)
{
  char reason[SANDBOX_PUBLICATION_REASON];
  char *full = sandbox_publication_parse (port, reason);

  if (full == NULL)
    return error_throw_code (error, ERROR_USAGE, "%s", reason);
  permissions_set (layer->published, full, NULL, granted, origin);
  free (full);
  return TRUE;
}

static gboolean
read_mode (Permissions *layer, GKeyFile *keyfile, const char *origin, GError **error)
{
  const PermissionEntry *shared = permissions_find (layer->shared, "network");
  gboolean denied = shared != NULL && !shared->granted;
  g_autofree char *mode = NULL;

  if (!value_read_string (keyfile, NETWORK_GROUP, "mode", &mode, error))
    return FALSE;
  if (mode != NULL && !network_set_mode (layer, mode, origin, error))
    return FALSE;
  if (denied)
    permissions_set (layer->shared, "network", NULL, FALSE, origin);
  return TRUE;
}

static gboolean
read_ports (Permissions *layer, GKeyFile *keyfile, const char *origin, GError **error)
{
  g_auto (GStrv) ports = NULL;

  if (!value_read_list (keyfile, NETWORK_GROUP, "publish", &ports, error))
    return FALSE;
  for (char **port = ports; *port != NULL; port++)
    {
      gboolean negated = (*port)[0] == '!';
      if (!network_set_port (layer, *port + negated, !negated, origin, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
network_read (Permissions *layer, GKeyFile *keyfile, const char *origin, const char **ret_key, GError **error)
{
  g_auto (GStrv) keys = g_key_file_get_keys (keyfile, NETWORK_GROUP, NULL, NULL);

  *ret_key = "";
  for (char **key = keys; key != NULL && *key != NULL; key++)
    if (strcmp (*key, "mode") != 0 && strcmp (*key, "publish") != 0)
      return error_throw_code (error, ERROR_USAGE, "\"%s\" is no key of this group; it knows mode and publish", *key);
  *ret_key = "mode";
  if (keys != NULL && !read_mode (layer, keyfile, origin, error))
    return FALSE;
  *ret_key = "publish";
  return keys == NULL || read_ports (layer, keyfile, origin, error);
}

void
network_write (const Permissions *permissions, GKeyFile *keyfile)
{
  const PermissionEntry *mode = permissions_find (permissions->network, "mode");
  g_autoptr (GPtrArray) ports = g_ptr_array_new_with_free_func (g_free);

  if (mode != NULL)
    g_key_file_set_string (keyfile, NETWORK_GROUP, "mode", mode->value);
  for (guint i = 0; i < permissions->published->len; i++)
    {
      const PermissionEntry *port = permissions->published->pdata[i];
      g_ptr_array_add (ports, g_strconcat (port->granted ? "" : "!", port->name, NULL));
    }
  if (ports->len > 0)
    g_key_file_set_string_list (keyfile, NETWORK_GROUP, "publish", (const char *const *) ports->pdata, ports->len);
}

NetworkMode
network_mode (const Permissions *permissions)
{
  const PermissionEntry *mode = permissions_find (permissions->network, "mode");

  if (!permissions_has (permissions->shared, "network"))
    return NETWORK_NONE;
  return mode != NULL && strcmp (mode->value, mode_names[NETWORK_ISOLATED]) == 0 ? NETWORK_ISOLATED : NETWORK_HOST;
}

const char *
network_mode_name (NetworkMode mode)
{
  return mode_names[mode];
}
