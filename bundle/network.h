/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which network an app has: "--network=MODE" and "--publish=PORTS", and in metadata and override files
 *
 *   [Nacelle Network]
 *   mode=isolated
 *   publish=8080:80;127.0.0.1/8443:443
 *
 * The modes: "host", the host's network as it is; "isolated", a network of its own with outgoing connections and the ports that are
 * published; "none".  `shared=network` says that there is a network, and the mode which one, so that who does not know this group (Flatpak)
 * gives such an app a network as well: "isolated" and "host" say both, and "none" is nothing but "!network".  A layer that says
 * "!network" has none, whatever its mode; `shared=network` above a layer with "isolated" leaves it isolated, only "host" makes it
 * the host's.
 */
#pragma once

#include "bundle/permissions.h"

#define NETWORK_GROUP "Nacelle Network"

typedef enum { NETWORK_NONE, NETWORK_HOST, NETWORK_ISOLATED } NetworkMode;

/* Into the `shared` and `network` of a layer, over what it says already.  ERROR_USAGE with a suggestion when there is no such mode. */
gboolean network_set_mode (Permissions *layer, const char *mode, const char *origin, GError **error);

/* "PORT:PORT" or "ADDRESS/PORT:PORT", and more (sandbox/publication.h), into the `published` of a layer in its full form; not granted:
 * taken away.  ERROR_USAGE when it is none. */
gboolean network_set_port (Permissions *layer, const char *port, gboolean granted, const char *origin, GError **error);

/* Read the group into a layer that has its `shared` already, and write it.  An unknown key is ERROR_USAGE; *ret_key is what
 * is at fault (static), or NULL. */
gboolean network_read (Permissions *layer, GKeyFile *keyfile, const char *origin, const char **ret_key, GError **error);
void network_write (const Permissions *permissions, GKeyFile *keyfile);

/* What all layers together say. */
NetworkMode network_mode (const Permissions *permissions);
const char *network_mode_name (NetworkMode mode);
